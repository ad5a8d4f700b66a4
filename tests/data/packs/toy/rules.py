"""An invented pack for tests: it agrees with no other pack, and nobody holds this view."""

from kapnb.engine.outcomes import Basis, Caution, Kind, Outcome, Reason
from kapnb.engine.rules import Writing

writing = Writing.beside(__file__)
rule, condition = writing.rule, writing.condition


@rule(Outcome.NOT_RECOMMENDED, claims=["T2"], caution=Caution.LIKELY_FUTILITY, basis=Basis.STATED)
def toy_compulsions(ocd):
    """Toy: compulsions are present."""
    return ocd == "yes"


@rule(
    Outcome.CLARIFY_FIRST,
    claims=["T3"],
    caution=Caution.DESTABILIZATION,
    reason=Reason.SOURCE_SILENT,
    basis=Basis.READING,
    under={"toy_voices": {"never": Outcome.NOT_RECOMMENDED}},
)
def toy_hears_voices(psychotic_disorder):
    """Toy: a psychosis of any kind."""
    return psychotic_disorder != "none"


@condition
def toy_wish_to_die(suicidal_ideation, likelihood_of_acting):
    """Toy: a wish to die that may be acted on."""
    return (suicidal_ideation == "active") & likelihood_of_acting.one_of("likely", "uncertain")


@rule(Outcome.NOT_AT_PRESENT, claims=["T4"], caution=Caution.ORDER_OF_TREATMENT, basis=Basis.INFERRED)
def toy_safety_first(toy_wish_to_die):
    """Toy: a wish to die that may be acted on."""
    return toy_wish_to_die


@rule(Outcome.CONSIDER_WITH_CONDITIONS, claims=["T4"], basis=Basis.STATED)
def toy_bipolar(bipolar_disorder):
    """Toy: a bipolar disorder, at rest or not."""
    return bipolar_disorder != "none"


@rule(Kind.FAVORABLE, claims=["T1"], basis=Basis.STATED)
def toy_sober(substance_use_disorder):
    """Toy: no substance use disorder."""
    return substance_use_disorder == "none"


@rule(Outcome.MAY_BE_CONSIDERED, claims=["T1"], basis=Basis.STATED)
def toy_all_quiet(otherwise):
    """Toy: none of this pack's cautions applies."""
    return otherwise
