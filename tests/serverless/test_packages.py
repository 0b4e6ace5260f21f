"""What is in the packages, and that one more function needs one more stage and nothing else."""

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from msgspec import structs

from scripts.cloud import build, repack, report
from scripts.cloud.build import CannotBuild, Package
from scripts.local import lambda_host
from scripts.local.functions import Process
from scripts.local.processes import Children
from tests.serverless.functions import definition
from tests.serverless.test_functions import http_event

TOOLS = {"boto3", "pip", "requests", "s3transfer", "setuptools", "tests", "troposphere", "zappa"}


@pytest.fixture(scope="module")
def packages() -> dict[str, Package]:
    return {each.stage: each for each in build.ensure()}


def tops(package: Package) -> set[str]:
    with zipfile.ZipFile(package.path) as packed:
        return {name.partition("/")[0].partition(".")[0] for name in packed.namelist()}


def test_packages_are_small_and_nothing_in_them_is_stale(packages: dict[str, Package]) -> None:
    assert report.problems(list(packages.values())) == []
    assert packages["member_api"].packed_bytes <= 11_000_000
    assert packages["staff_api"].packed_bytes <= 11_000_000
    assert packages["jobs"].packed_bytes <= 15_000_000


def test_a_package_that_is_too_large_or_comes_out_differently_is_told(
    packages: dict[str, Package], tmp_path: Path
) -> None:
    jobs = packages["jobs"]
    other = structs.replace(jobs, path=tmp_path / "jobs.zip")
    other.path.write_bytes(jobs.path.read_bytes() + b"\0")
    heavy = structs.replace(jobs, packed_bytes=15_000_001)
    member = structs.replace(packages["member_api"], packed_bytes=11_000_001)

    assert report.differences([jobs], [jobs]) == []
    assert report.differences([jobs], [other]) == ["jobs came out differently the second time"]
    assert report.problems([heavy, member]) == [
        "jobs weighs 15.00 MB of 15",
        "member_api weighs 11.00 MB of 11",
    ]


def test_each_function_has_what_it_needs_and_not_what_others_do(packages: dict[str, Package]) -> None:
    member, staff, jobs = (tops(packages[name]) for name in ("member_api", "staff_api", "jobs"))
    rooms = set(repack.ROOMS)

    assert rooms <= member & staff & jobs
    assert (member | staff | jobs) & TOOLS == set()
    assert (member | staff | jobs) & {"handler", "zappa_settings", "package_info", "scripts"} == set()
    assert "alipay" in member - staff - jobs
    assert "regex" in staff - member - jobs
    assert "flask" in (member & staff) - jobs


def test_entries_are_sorted_and_undated(packages: dict[str, Package]) -> None:
    with zipfile.ZipFile(packages["jobs"].path) as packed:
        entries = packed.infolist()

    assert [each.filename for each in entries] == sorted(each.filename for each in entries)
    assert {each.date_time for each in entries} == {repack.DATE}


def test_what_was_built_is_not_built_again(
    packages: dict[str, Package], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "build", lambda: pytest.fail("nothing has changed"))

    assert {each.stage: each for each in build.ensure()} == packages


def test_one_more_function_is_one_more_stage(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = build._settings()
    stub = {
        "extends": "base",
        "lambda_handler": "serverless.member_api.handler",
        "routes": ["/callbacks"],
        "leave_out": ["regex"],
    }
    monkeypatch.setattr(build, "_settings", lambda: {**told, "callbacks": stub})
    found = build.package("callbacks", tmp_path)
    place = tmp_path / "unpacked"
    with zipfile.ZipFile(found.path) as packed:
        packed.extractall(place)
    monkeypatch.setattr(build, "unpacked", lambda _: place)
    monkeypatch.setattr(build, "ensure", lambda: None)

    with Children() as children:
        process = Process(definition("callbacks", environment), children)
        answer = process.invoke(http_event("GET", "/callbacks/wechat/acme.wx"))
        process.end()

    assert lambda_host.routes()["/callbacks"] == "callbacks"
    assert report.problems([found]) == []
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (404, "route-not-found")


def test_byte_code_of_another_source_is_stale(tmp_path: Path) -> None:
    place = tmp_path / "root" / "domain"
    place.mkdir(parents=True)
    (place / "money.py").write_text("FEN = 1\n")
    (tmp_path / "root" / "six.py").write_text("SIX = 6\n")
    repack.compile_all(tmp_path / "root")
    good, bad, bare = (tmp_path / f"{name}.zip" for name in ("good", "bad", "bare"))
    repack.pack(tmp_path / "root", good)
    (place / "money.py").write_text("FEN = 2\n")
    repack.pack(tmp_path / "root", bad)
    for path in place.rglob("*.pyc"):
        path.unlink()
    (tmp_path / "root" / "six.pyc").write_bytes(b"\0" * 20)
    repack.pack(tmp_path / "root", bare)

    found = [report.stale(Package.of("jobs", path)) for path in (good, bad, bare)]

    assert found == [[], ["domain/money.py"], ["domain/money.py", "six.pyc"]]


def test_what_lies_about_in_a_room_does_not_ship_and_a_room_of_any_name_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as secrets of somebody's own machine; and Zappa's exclusions hold at any depth."""
    monkeypatch.setattr(build, "ROOT", tmp_path)
    for room in repack.ROOMS:
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").write_text("")
    for name in ("serverless/.env", "serverless/http.py.bak", "adapters/note.json"):
        (tmp_path / name).write_text("secret")
    inner = tmp_path / "handlers" / "tests"
    inner.mkdir()
    (inner / "__init__.py").write_text("")

    staged = tmp_path / "staged"
    for path in build.sources():
        (staged / path.relative_to(tmp_path)).parent.mkdir(parents=True, exist_ok=True)
        (staged / path.relative_to(tmp_path)).write_text("")
    repack.keep_what_is_needed(staged, [], [])

    kept = {str(path.relative_to(staged)) for path in staged.rglob("*") if path.is_file()}
    assert kept == {f"{room}/__init__.py" for room in repack.ROOMS} | {"handlers/tests/__init__.py"}


def test_libraries_are_looked_at_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or what was refused once would be taken by the next run."""
    monkeypatch.setattr(build, "C_LIBRARY_MAX", (2, 5))

    for _ in range(2):
        with pytest.raises(CannotBuild, match="newer C library than Lambda's"):
            build.install_libraries()


def test_lambdas_c_library_is_that_of_amazon_linux_2() -> None:
    assert build.C_LIBRARY_MAX == (2, 26)


@pytest.mark.parametrize("lost", ["jobs.zip", "unpacked/jobs"])
def test_what_was_lost_is_built_again(lost: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "BUILD", tmp_path)
    (tmp_path / "built").write_text(build._sources())
    for stage in build.stages():
        (tmp_path / f"{stage}.zip").write_text("")
        (tmp_path / "unpacked" / stage).mkdir(parents=True)
    assert build._all_there()
    path = tmp_path / lost
    path.rmdir() if path.is_dir() else path.unlink()

    assert not build._all_there()


@pytest.mark.parametrize(
    "change,said",
    [
        ({"lambda_handler": "serverless.till_api.handler"}, "till: lambda_handler names no module of ours"),
        ({"aws_services": ["dynamo"]}, "till: aws_services: there is no dynamo"),
        ({"routes": ["/v1/till"]}, "till: /v1/till belongs to staff_api already"),
        ({"extends": "bas", "aws_services": []}, "till: extends names no other stage; take base"),
    ],
)
def test_a_stage_that_cannot_work_is_refused_before_anything_is_built(
    change: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = build._settings()
    stub = {"extends": "base", "lambda_handler": "serverless.staff_api.handler", "routes": ["/x"], **change}
    monkeypatch.setattr(build, "_settings", lambda: {**told, "till": stub})

    with pytest.raises(CannotBuild, match=said):
        build.stages()


def test_leaving_out_what_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="falsk"):
        repack.keep_what_is_needed(tmp_path, ["flask"], ["falsk"])


@pytest.mark.parametrize("name", ["domain", "handler.py", "zappa_settings.py"])
def test_a_library_that_takes_the_place_of_our_own_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Zappa copies libraries over the project."""
    monkeypatch.setattr(build, "site_packages", lambda: tmp_path)
    (tmp_path / name).write_text("")

    with pytest.raises(CannotBuild, match=name.partition(".")[0]):
        build.check_libraries()


def test_a_library_for_a_newer_linux_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "site_packages", lambda: tmp_path)
    (tmp_path / "old.so").write_bytes(b"\0GLIBC_2.17\0GLIBC_2.26\0")
    build.check_libraries()
    (tmp_path / "new.abi3.so").write_bytes(b"\0GLIBC_2.17\0GLIBC_2.34\0")

    with pytest.raises(CannotBuild, match="new"):
        build.check_libraries()


def test_only_the_python_of_lambda_makes_byte_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "RUNTIME", "python3.10")

    with pytest.raises(CannotBuild, match=r"python3\.10"):
        build.check_python()


def test_service_data_is_what_is_called_and_where_we_run(packages: dict[str, Package]) -> None:
    with zipfile.ZipFile(packages["staff_api"].path) as packed:
        names = packed.namelist()
        endpoints: dict[str, Any] = json.loads(packed.read("botocore/data/endpoints.json"))

        model = next(
            name for name in names if name.startswith("botocore/data/dynamodb/") and "service-2" in name
        )
        described = json.loads(gzip.decompress(packed.read(model)))

    whole = (
        botocore.session.get_session()
        .get_component("data_loader")
        .load_service_model("dynamodb", "service-2")
    )
    assert described["shapes"].keys() == whole["shapes"].keys()
    assert described["operations"].keys() == whole["operations"].keys()
    assert '"documentation":"' not in json.dumps(described, separators=(",", ":"))
    services = {
        name.split("/")[2] for name in names if name.startswith("botocore/data/") and name.count("/") > 2
    }
    assert services == {"dynamodb", "kms", "s3"}
    assert [each["partition"] for each in endpoints["partitions"]] == ["aws", "aws-cn"]
