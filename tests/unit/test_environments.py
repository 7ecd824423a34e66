"""Environments are pinned, and known by what is in them."""

from __future__ import annotations

import pytest

from bench.environments import check_requirements, environment_key
from bench.errors import SuiteError


@pytest.mark.parametrize(
    "requirement", ["pywhispercpp", "pywhispercpp>=1.4", "pywhispercpp==1.*", "pywhispercpp~=1.4"]
)
def test_what_is_not_pinned_is_refused(requirement: str) -> None:
    with pytest.raises(SuiteError, match=r"environments\.old.*is not pinned"):
        check_requirements("old", [requirement])


@pytest.mark.parametrize(
    "requirement",
    ["a==1.0", "a[b,c]==1.0rc1", "a == 1!2.0", "a @ file:///x/a.whl", "a==1 ; python_version > '3'"],
)
def test_what_is_pinned_is_taken(requirement: str) -> None:
    check_requirements("new", [requirement])


def test_an_environment_of_nothing_is_refused() -> None:
    with pytest.raises(SuiteError, match="no requirements"):
        check_requirements("new", [])


def test_the_key_depends_on_the_requirements_and_not_on_their_order() -> None:
    assert environment_key(["a==1", "b==2"]) == environment_key(["b==2", "a==1"])
    assert environment_key(["a==1"]) != environment_key(["a==2"])
