// Shows the chosen document. The page works from its own origin alone: no inline script, no CDN.
(function () {
  "use strict";
  const select = document.getElementById("document");

  // Another document is another page: Swagger UI would keep the schemas of the one before.
  select.addEventListener("change", function () {
    const here = new URL(window.location.href);
    here.searchParams.set("document", select.value);
    here.hash = "";
    window.location.assign(here);
  });

  const asked = new URL(window.location.href).searchParams.get("document");
  if (Array.from(select.options).some((option) => option.value === asked)) {
    select.value = asked;
  }

  // JSON is shown indented, but as it came where JavaScript's numbers would lose digits of it.
  function digits(system) {
    const wrap = (Body) => (props) => {
      const long = typeof props.content === "string" && /\d{16}/.test(props.content);
      const type = long ? "text/plain" : props.contentType;
      return system.React.createElement(Body, { ...props, contentType: type });
    };
    return { wrapComponents: { responseBody: wrap } };
  }

  window.SwaggerUIBundle({
    url: select.value,
    dom_id: "#swagger-ui",
    deepLinking: true,
    docExpansion: "list",
    tryItOutEnabled: false,
    validatorUrl: null,
    plugins: [digits],
    presets: [window.SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
  });
})();
