"""Fields that resources have alike, whatever they are."""

from typing import Final

from facade.app.api.form.form import Field, Way
from facade.app.api.form.scalar import MOMENT, WHOLE

REVISION: Final = Field(
    "revision", WHOLE, "How many changes it has seen, its creation included.", way=Way.OUT
)
CREATE_TIME: Final = Field("create_time", MOMENT, "When it was created.", way=Way.OUT)
UPDATE_TIME: Final = Field("update_time", MOMENT, "When it last changed.", way=Way.OUT)
