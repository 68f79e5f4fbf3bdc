"Everything that pip needs is in settings.ini, which nbdev reads too."
import re
from configparser import ConfigParser
from pathlib import Path
from setuptools import find_packages, setup

here = Path(__file__).parent
parser = ConfigParser(delimiters=["="], interpolation=None)
parser.read(here / "settings.ini", encoding="utf-8")
cfg = parser["DEFAULT"]


def page(text):
    "README for a page without the repository beside it: no pictures from there, no links into it, and an install from the index."
    text = re.sub(r"^!\[[^\]]*\]\((?!https?:)[^)]*\)\n+(\*.*\*\n+)?", "", text, flags=re.M)  # a picture, and the words under it
    text = re.sub(r"^## Read on\n.*(?=^Apache)", "The manual, the notebooks and the tests are in the source repository. ", re.sub(r"^\[CHANGELOG\].*?(?=Apache)", "", text, flags=re.M), flags=re.M | re.S)
    text = re.sub(r" \(\[[^\]]+\]\((?!https?:)[^)]*\)\)", "", text)  # ([words](page))
    text = re.sub(r"(?<!!)\[([^\]]+)\]\((?!https?:)[^)]*\)", r"\1", text)
    return text.replace("In a checkout of this repository, with Python", "With Python").replace("pip install -e .", "pip install dualntm")



setup(
    name=cfg["lib_name"],
    version=cfg["version"],
    description=cfg["description"],
    long_description=page((here / "README.md").read_text(encoding="utf-8")),
    long_description_content_type="text/markdown",
    keywords=cfg["keywords"].split(),
    author=cfg["author"],
    license_expression="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=" + cfg["min_python"],
    packages=find_packages(include=["dualntm", "dualntm.*"]),
    package_data={"dualntm": ["py.typed", "sample/*.json", "pretrained/*/*", "show/bundled/*"], "": ["*.pyi"]},
    install_requires=cfg["requirements"].split(),
    extras_require={name.removesuffix("_requirements"): cfg[name].split() for name in cfg if name.endswith("_requirements")},
    entry_points={"console_scripts": cfg["console_scripts"].split(),
                  "nbdev": ["dualntm=dualntm._modidx:d"]},
    classifiers=["Development Status :: 3 - Alpha", "Environment :: Console", "Framework :: Jupyter",
                 "Intended Audience :: Developers", "Intended Audience :: Education", "Intended Audience :: Science/Research",
                 "Natural Language :: English", "Operating System :: MacOS", "Operating System :: POSIX :: Linux",
                 "Programming Language :: Python :: 3", "Programming Language :: Python :: 3 :: Only",
                 *(f"Programming Language :: Python :: 3.{minor}" for minor in range(10, 14)),
                 "Topic :: Scientific/Engineering :: Artificial Intelligence", "Typing :: Typed"],
)
