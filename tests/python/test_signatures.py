"""What notebooks and editors show of the calls that take options, and what a slip in a name is told."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, get_type_hints

import pytest

import relatch
from relatch._options import Network, Options

if TYPE_CHECKING:
    from collections.abc import Callable

    from relatch.testing import Sandbox

SESSION = [relatch.login, relatch.begin, relatch.resume, relatch.refresh]
SESSION_ASYNC = [relatch.login_async, relatch.begin_async, relatch.refresh_async]
NETWORK = [relatch.SevenG.health, relatch.SevenG.lookup]
NETWORK_ASYNC = [relatch.SevenG.health_async, relatch.SevenG.lookup_async]


def options_of(function: Callable[..., object]) -> dict[str, Any]:
    """The names and defaults of what can be given by keyword alone."""
    parameters = inspect.signature(function).parameters.values()
    assert all(parameter.kind is not parameter.VAR_KEYWORD for parameter in parameters)
    return {parameter.name: parameter.default for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY}


@pytest.mark.parametrize("function", [*SESSION, *SESSION_ASYNC], ids=lambda function: str(function.__name__))
def test_options_of_a_session_are_shown(sandbox: Sandbox, function: Callable[..., object]) -> None:
    shown = options_of(function)
    assert set(shown) == set(get_type_hints(Options))
    # The defaults that are shown are those that hold.
    session = relatch.login(sandbox.seven_g(), **shown)
    sandbox.advance(1210)
    assert session.token()


@pytest.mark.parametrize("function", [*NETWORK, *NETWORK_ASYNC], ids=lambda function: str(function.__name__))
def test_options_of_the_network_are_shown(sandbox: Sandbox, function: Callable[..., object]) -> None:
    shown = options_of(function)
    assert set(shown) == set(get_type_hints(Network))
    assert sandbox.seven_g().health(**shown).healthy


def test_options_of_an_account_are_shown() -> None:
    assert set(get_type_hints(Network)) < set(options_of(relatch.SynapsewaveAccount))


def test_coroutine_functions_are_known_for_that() -> None:
    assert all(inspect.iscoroutinefunction(function) for function in (*SESSION_ASYNC, *NETWORK_ASYNC))


@pytest.mark.parametrize("function", [*SESSION, *NETWORK], ids=lambda function: str(function.__name__))
def test_types_and_source_are_shown_as_they_are(function: Callable[..., object]) -> None:
    signature = inspect.signature(function)
    assert "provider" in signature.parameters or "self" in signature.parameters
    for name, hint in Options.__annotations__.items():
        if name in signature.parameters:
            assert signature.parameters[name].annotation == hint.__forward_arg__.replace('"', "'")
    source = inspect.getsource(function)
    assert f"def {function.__name__}(" in source.splitlines()[0]
    assert "**options" in source


async def test_a_slip_in_the_name_of_an_option_is_told_the_names(sandbox: Sandbox) -> None:
    provider = sandbox.seven_g()
    given: dict[Any, tuple[Any, ...]] = {
        relatch.login: (provider,),
        relatch.begin: (provider,),
        relatch.resume: (provider, ("access", "refresh")),
        relatch.refresh: (provider, ("access", "refresh")),
        relatch.login_async: (provider,),
        relatch.begin_async: (provider,),
        relatch.refresh_async: (provider, ("access", "refresh")),
    }
    for function, arguments in given.items():
        with pytest.raises(relatch.InvalidConfig, match=r"^There is no option tiemout. Did you mean timeout\?") as slip:
            await called(function, *arguments, tiemout=3)
        check_slip(slip.value, "tiemout", set(get_type_hints(Options)))
    for function in (provider.health, provider.lookup, provider.health_async, provider.lookup_async):
        with pytest.raises(relatch.InvalidConfig, match=r"Did you mean ca_certificates\?") as slip:
            await called(function, ca_certificate=None)
        check_slip(slip.value, "ca_certificate", set(get_type_hints(Network)))
    with pytest.raises(relatch.InvalidConfig, match=r"^There is no option verify\. Known are: ") as slip:
        relatch.SynapsewaveAccount(sandbox=sandbox, user_id="UCC1", api_key="x", verify=False)  # type: ignore[call-arg]
    check_slip(slip.value, "verify", set(get_type_hints(Network)))
    assert sandbox.counts()["total"] == 0


@pytest.mark.parametrize("name", ["", "\ud800", "made-up-word-7", "a\x1b[2J", "a" * 41, "9051"])
def test_a_name_that_no_option_could_have_is_not_shown(sandbox: Sandbox, name: str) -> None:
    given: dict[str, Any] = {name: None}
    provider = sandbox.seven_g()
    for call in (
        lambda: relatch.login(provider, **given),
        lambda: provider.health(**given),
        lambda: relatch.SevenG(**given),
    ):
        with pytest.raises(
            relatch.InvalidConfig, match=r"^There is no option of that name\. Known are: [a-z_, ]+\.$"
        ) as slip:
            call()
        assert slip.value.field == "options"


def test_a_slip_in_the_name_of_a_providers_keyword_is_told_the_names() -> None:
    classes: list[Any] = [relatch.SevenG, relatch.Synapsewave, relatch.SynapsewaveDealer]
    for provider in classes:
        with pytest.raises(relatch.InvalidConfig, match=r"^There is no option pasword\. Did you mean pass") as slip:
            provider(base_url="https://broker.example", pasword="made-up-word")
        check_slip(slip.value, "pasword", set(inspect.signature(provider).parameters))
        with pytest.raises(relatch.InvalidConfig, match=r"^There is no option of that name\. Known are: ") as slip:
            provider(**{"made-up-word": None})
        assert "made-up-word" not in repr(vars(slip.value))
        with pytest.raises(TypeError, match="positional"):
            provider("api_user", "made-up-word")


async def called(function: Any, *arguments: Any, **options: Any) -> None:
    result = function(*arguments, **options)
    if inspect.isawaitable(result):
        await result


def check_slip(slip: relatch.InvalidConfig, field: str, names: set[str]) -> None:
    assert slip.field == field
    assert isinstance(slip, TypeError)
    assert set(slip.message.split("Known are: ")[1].rstrip(".").split(", ")) == names


def test_a_name_that_is_none_is_not_repeated(sandbox: Sandbox) -> None:
    options: Any = {"hunter2 is my password": True}
    with pytest.raises(relatch.InvalidConfig) as refused:
        relatch.login(sandbox.seven_g(), **options)
    assert "hunter2" not in str(refused.value) + str(refused.value.field)
