// Calls an action through Portico: node client.js CONNECTOR/ACTION '{"argument": 1}'

import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";
import google from "google-proto-files";

const protos = fileURLToPath(new URL("../../protos", import.meta.url));
const includeDirs = [protos, google.getProtoPath("..")];
const definition = loader.loadSync("gateway/v1/gateway.proto", { includeDirs, defaults: true, oneofs: true });
const { gateway } = grpc.loadPackageDefinition(definition);

const [action = "", parametersJson = "{}"] = process.argv.slice(2);
const [connector, name] = action.split("/");
const request = {
  name: `connectors/${connector}/versions/live/actions/${name}`,
  parametersJson,
};

const address = process.env.GATEWAY_ADDRESS ?? "127.0.0.1:50051";
const portico = new gateway.v1.GatewayService(address, grpc.credentials.createInsecure());
portico.ExecuteAction(request, { deadline: Date.now() + 10_000 }, (error, response) => {
  portico.close();
  if (error) {
    console.error(`${grpc.status[error.code]}: ${error.details}`);
    process.exitCode = 1;
  } else {
    console.log(response.json);
  }
});
