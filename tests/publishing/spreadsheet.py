"""A CSV opened in a real spreadsheet that is told to evaluate formulas: how many cells became one."""

import os
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

# 44 and 34 are comma and quote, 76 is UTF-8, 1 the first line; then: quoted cells are text too, detect numbers, and
# evaluate formulas, which a person may switch on.
_OPENED = "CSV:44,34,76,1,,0,false,true,false,false,false,-1,true"
_FORMULA = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}formula"


def office() -> str | None:
    """LibreOffice on this machine, if it is there."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def formulas(file: Path, *, program: str, seconds: float = 120) -> int:
    """The cells of the CSV that are formulas once LibreOffice has read it. Writes beside the file."""
    home = file.parent
    command = [program, f"-env:UserInstallation=file://{home}/profile", "--headless", "--convert-to", "fods"]
    command += [f"--infilter={_OPENED}", "--outdir", str(home), str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=seconds, env={**os.environ, "HOME": str(home)})
    sheet = ElementTree.parse(file.with_suffix(".fods")).getroot()
    return sum(_FORMULA in cell.attrib for cell in sheet.iter())
