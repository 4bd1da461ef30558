"""What configurations have in common: how a section is declared, and where work is done."""

from typing import Annotated, Literal

from pydantic import BaseModel, ByteSize, ConfigDict, Field, model_validator


class Section(BaseModel):
    """A group of settings; unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Engine(Section):
    """Where the work is done; nothing here changes the corpus."""

    executor: Literal["auto", "local", "ray"] = "auto"
    """`local` processes, or `ray` tasks; `auto` is `ray` where there is a cluster to join."""
    address: str | None = None
    """A Ray cluster that already runs, such as `10.0.0.1:6379` or `auto`."""
    workers: Annotated[int, Field(ge=1)] | None = None
    """Units of work at a time; by default one for each CPU, on a cluster that is joined for all of its CPUs."""
    memory: ByteSize = ByteSize(2 << 30)
    """Memory of a worker."""
    unit_seconds: Annotated[float, Field(gt=0)] = 6 * 3600
    """Longest that a unit of work may take before it is tried again."""
    retries: Annotated[int, Field(ge=0)] = 2
    """How often a unit is tried again after a worker died."""

    @model_validator(mode="after")
    def _address_needs_ray(self) -> "Engine":
        if self.address and self.executor == "local":
            raise ValueError(
                "address is for the executor ray, but executor is local; remove one of the two"
            )
        return self
