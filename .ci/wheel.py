"Says what a wheel lacks, if anything: the files beside the modules, and a page that leads nowhere outside of the repository."
import re, sys, zipfile
from pathlib import Path

top = Path(__file__).resolve().parent.parent
wheel = zipfile.ZipFile(sys.argv[1])
names = set(wheel.namelist())
wanted = {str(path.relative_to(top)) for pattern in ("py.typed", "**/*.py", "**/*.pyi", "sample/*.json", "pretrained/*/*", "show/bundled/*") for path in (top/"dualntm").glob(pattern)}
(metadata,) = [wheel.read(name).decode() for name in names if name.endswith("METADATA")]
(license,) = [name for name in names if name.endswith("/LICENSE")]
astray = [target for target in re.findall(r"\]\(([^)]*)\)", metadata) if not target.startswith("https:")]
if missing := sorted(wanted - names): sys.exit(f"the wheel lacks {', '.join(missing)}")
if astray: sys.exit(f"the page of the package leads to {', '.join(astray)}, which is not there outside of the repository")
if "License-Expression: Apache-2.0" not in metadata or "Programming Language :: Python :: 3.13" not in metadata: sys.exit("the wheel lacks its licence or its classifiers")
print(f"{len(names)} files, {sum(one.file_size for one in wheel.infolist()) / 1e6:.1f} MB")
