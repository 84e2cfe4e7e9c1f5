"""Stands in for the build back end of two source archives of which rift takes headers only.

pip asks the back end of a source archive for its metadata before it hands the archive over. This one copies what the
archive says of itself (PKG-INFO), so that nothing is built and no further package is fetched. It can build nothing.
"""

import email
import pathlib
import shutil


def get_requires_for_build_wheel(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    said = email.message_from_bytes(pathlib.Path("PKG-INFO").read_bytes())
    folder = pathlib.Path(metadata_directory, f"{said['Name']}-{said['Version']}.dist-info")
    folder.mkdir(parents=True)
    shutil.copy("PKG-INFO", folder / "METADATA")
    return folder.name


def _builds_nothing(*_, **__):
    raise NotImplementedError("scripts/pip_back_end hands out metadata only")


build_wheel = build_sdist = build_editable = _builds_nothing
get_requires_for_build_sdist = get_requires_for_build_editable = get_requires_for_build_wheel
prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel
