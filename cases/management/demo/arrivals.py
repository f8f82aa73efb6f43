"""What came in lately and nobody has looked at, and posts that are no complaints."""

from __future__ import annotations

from cases.management.demo.screenplay import Story
from cases.management.demo.screenplay import step as s


def _one(brand: str, channel: str, author: str, name: str, when: str, text: str, language: str = "en") -> Story:
    return Story(brand, channel, author, name, "agent", (s(when, "post", text=text),), language)


STORIES = (
    _one(
        "BW",
        "social",
        "carla_w",
        "Carla W.",
        "n14",
        "Brindlewick just texted that my delivery is “on its way to Carlisle”. I live in Cardiff.",
    ),
    _one(
        "BW",
        "social",
        "dan.and.the.dog",
        "Dan & the dog",
        "n52",
        "Does the LUMI rug survive a dog? Asking for a dog. @Brindlewick",
    ),
    _one(
        "BW",
        "reviews",
        "happy-in-hull",
        "Happy in Hull",
        "n95",
        "★★★★★ Bed came a day early, two cheerful gentlemen, shoes off at the door. More of that.",
    ),
    _one("BW", "social", "rtl_amir", "أمير", "n200", "وصلت الطاولة مكسورة @Brindlewick والتغليف ممزق من كل جهة"),
    _one(
        "OR",
        "social",
        "camille.lt",
        "Camille L.-T.",
        "n33",
        "@Orvelle la crème de jour sent… le garage ? C’est voulu ?",
        "fr",
    ),
    _one(
        "OR",
        "reviews",
        "mamie-jo",
        "Mamie Jo",
        "n130",
        "★★★★★ J’ai 78 ans et la vendeuse de Tours m’a parlé comme à une reine.",
        "fr",
    ),
    _one(
        "OR",
        "social",
        "le_grincheux",
        "Le Grincheux",
        "n250",
        "Orvelle, vos échantillons sont plus grands que vos flacons. Expliquez.",
        "fr",
    ),
    _one("KM", "social", "nine.lives", "nine lives", "n8", "📵📵📵 @KestrelleMobile 📵📵📵"),
    _one(
        "KM",
        "social",
        "aurelie_v",
        "Aurélie V.",
        "n61",
        "Est-ce que l’eSIM de @KestrelleMobile marche sur une montre ? Le site dit oui, la boutique dit « bof ».",
        "fr",
    ),
    _one(
        "KM",
        "reviews",
        "sam-i-am",
        "Sam",
        "n185",
        "★★ Contract says unlimited. Small print says 80 GB. My dictionary is confused.",
    ),
    # The same person again, after a handled case: reopening is suggested.
    _one(
        "BW",
        "social",
        "m_petrov",
        "M. Petrov",
        "n120",
        "Brindlewick again: the shelf you brought on that famous Saturday has just let go of the wall.",
    ),
    # Questions and praise that were seen to.
    Story(
        "BW",
        "social",
        "studio_nook",
        "Studio Nook",
        "agent",
        (
            s("4 10:10", "post", text="Is the ELMA chair safe for a 130 kg friend? He asks politely."),
            s("4 11:00", "triage", kind="question"),
            s("4 11:05", "reply", text="Politely answered: ELMA is tested to 160 kg. Enjoy the evening!"),
        ),
    ),
    Story(
        "KM",
        "social",
        "lina_b",
        "Lina B.",
        "agent",
        (
            s("1 15:10", "post", text="Can I keep my number if I move from prepaid to a contract with you?"),
            s("1 16:00", "triage", kind="question"),
        ),
    ),
    Story(
        "KM",
        "social",
        "grandpa_otto",
        "Grandpa Otto",
        "agent",
        (
            s(
                "2 9:50",
                "post",
                text="The young lady called Léa at Kestrelle explained my bill to me for half an hour and never sighed once.",
            ),
            s("2 10:30", "triage", kind="praise"),
            s("2 10:32", "pass_on", by="manager", to="agent"),
        ),
    ),
    Story(
        "OR",
        "social",
        "concours_fan",
        "concours.fan",
        "sofia",
        (
            s("3 14:00", "post", text="Likez, partagez, gagnez un flacon ! (pas chez Orvelle mais on essaie)"),
            s("3 15:00", "triage", kind="other"),
        ),
        "fr",
    ),
    # No words at all: kept in the tray with the reason, to be replayed or set aside.
    _one("KM", "social", "silent.screenshot", "silent screenshot", "n75", "\u200b \u200b"),
)
