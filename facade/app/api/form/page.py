"""What every answer of a List method has beside its entries."""

from typing import Final

from facade.app.api.form.form import Field
from facade.app.api.form.scalar import TEXT

NEXT_PAGE_TOKEN: Final = Field(
    "next_page_token", TEXT, "The token of the next page; empty on the last one."
)
