"""What bringing up a machine will take, as data: what is stored already, what is built, and by which driver."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from provisioner import images
from provisioner.content.lab import Exercise, Lab
from provisioner.core.paths import Home
from provisioner.drivers.base import Driver, LayerStore
from provisioner.images import Image
from provisioner.provision import layer_store, stages
from provisioner.provision.converted import quicker
from provisioner.provision.layer_store import Stage


@dataclass(frozen=True)
class Preparation:
    """task: `image`, a layer to `build`, the machine's `start`, or a stage to `run` on it. stored: nothing is left to do. key:
    under which progress remembers how long it took."""

    task: Literal["image", "build", "start", "run"]
    what: str
    stored: bool = False
    driver: str = ""
    key: str = ""

    def __str__(self) -> str:
        done = "  (stored)" if self.stored else f"  (by {self.driver})" if self.driver else ""
        return f"{self.task:<6} {self.what}{done}"


def plan(home: Home, lab: Lab, driver: Driver, image: str | None = None, solved: Sequence[Exercise] = ()) -> list[Preparation]:
    """Makes nothing and fetches nothing."""
    wanted = [image] if image else lab.manifest.images
    local_image = next((candidate for name in wanted if (candidate := images.local(home, name))), None)
    stored_stages, after = stages.stages(lab, driver, solved)
    return [
        Preparation(
            "image", local_image.name if local_image else f"the first available of {', '.join(wanted)}",
            local_image is not None, key=f"image {local_image.name if local_image else wanted[0]}",
        ),
        *_layers(home, lab, driver, local_image, stored_stages),
        Preparation("start", f"the machine of lab {lab.number}", driver=driver.info.name, key=f"resume {lab.slug}"),
        *(Preparation("run", stage.title, key=stage.title) for stage in after),
    ]  # fmt: skip


def _layers(home: Home, lab: Lab, driver: Driver, image: Image | None, layer_stages: list[Stage]) -> list[Preparation]:
    if not isinstance(driver, LayerStore):
        return []
    keys = layer_store.keys(driver, stages.spec_of(lab), image, layer_stages) if image else [""] * len(layer_stages)
    stored = [bool(key) and layer_store.find(home, key) is not None for key in keys]
    converter = quicker(home, driver, image) if image and not all(stored) else None
    return [
        Preparation(
            "build", stage.title, is_stored, _builder(driver, converter, layer_stages[: number + 1]), f"stage {stage.name}"
        )
        for number, (stage, is_stored) in enumerate(zip(layer_stages, stored, strict=True))
    ]


def _builder(driver: Driver, converter: Driver | None, so_far: Sequence[Stage]) -> str:
    """Another driver only builds what a boot brings back."""
    return (converter if converter and all(stage.survives_reboot for stage in so_far) else driver).info.name
