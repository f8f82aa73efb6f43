"""What is private does not slip into a public reply; what is public already may be said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules.leak import Fact, Kind, Leak, facts_in, leaks

FACTS = (
    Fact(Kind.NAME, "Inès Bertrand", "complainant"),
    Fact(Kind.EMAIL, "Ines.Bertrand@example.org", "complainant"),
    Fact(Kind.PHONE, "+33 6 12 34 56 78", "complainant"),
    Fact(Kind.REFERENCE, "CMD-2024-88 71", "message"),
    Fact(Kind.ADDRESS, "12 rue de la République, 69002 Lyon", "message"),
    Fact(Kind.AMOUNT, "1249.90", "action"),
    Fact(Kind.WORDS, "My daughter was ill and we could not heat her room for nine days.", "message 3"),
    Fact(Kind.WORDS, "Ma mère est hospitalisée depuis mardi et je n'ai plus de téléphone.", "note"),
)


def found(text: str, *public: str) -> list[tuple[str, str]]:
    return [(leak.kind.value, leak.excerpt) for leak in leaks(text, FACTS, public=public)]


class TestFactsOfTheCase:
    @pytest.mark.parametrize(
        ("text", "kind", "excerpt"),
        [
            ("Bonjour Inès Bertrand, merci.", "name", "Inès Bertrand"),
            ("Hello INES  BERTRAND!", "name", "INES  BERTRAND"),
            ("Chère Mme Bertrand, merci.", "name", "Bertrand"),
            ("Write to ines.bertrand@example.org", "email", "ines.bertrand@example.org"),
            ("Nous vous appelons au 06.12.34.56.78 ce soir", "phone", "06.12.34.56.78"),
            ("We call you on +33612345678 tonight", "phone", "+33612345678"),
            ("Votre commande cmd20248871 part demain", "reference", "cmd20248871"),
            ("Your order CMD 2024 8871 leaves", "reference", "CMD 2024 8871"),
            ("Le technicien vient au 12, rue de la Republique", "address", "12, rue de la Republique"),
            ("We refund €1,249.90 today", "amount", "1,249.90"),
            ("Nous remboursons 1 249,90 € demain", "amount", "1 249,90"),
            ("Sorry that you could not heat her room for nine days", "words", "could not heat her room for nine days"),
            (
                "Votre mère est hospitalisée depuis mardi, et je n'ai rien",
                "words",
                "mère est hospitalisée depuis mardi, et je n'ai",
            ),
        ],
    )
    def test_are_found(self, text: str, kind: str, excerpt: str) -> None:
        assert (kind, excerpt) in found(text)

    @pytest.mark.parametrize(
        "text",
        [
            "Nous sommes désolés, un collègue vous écrit en privé.",
            "We are sorry; a colleague is writing to you in private.",
            "Rue de la Gare, les travaux sont finis.",
            "Within 12 days, at 14h30, on 2024-03-01, by 1249 people.",
            "the ines of this world",
            "could not heat her room",
        ],
    )
    def test_are_not_seen_where_they_are_not(self, text: str) -> None:
        assert found(text) == []

    def test_may_be_said_when_they_are_public(self) -> None:
        assert found("Bonjour Inès", "Inès B.") == []
        assert found("Bonjour Inès Bertrand", "Inès B.") == [("name", "Inès Bertrand")]
        assert found("@bertrand", "bertrand") == []
        assert found("Order CMD-2024-8871", "Where is my order CMD-2024-8871?!") == []

    def test_are_told_with_their_place_and_source(self) -> None:
        text = "Bonjour Inès Bertrand !"
        assert leaks(text, FACTS) == [Leak(Kind.NAME, "Inès Bertrand", 8, 21, "complainant")]
        assert text[8:21] == "Inès Bertrand"

    def test_are_found_through_invisible_and_decomposed_letters(self) -> None:
        assert found("Bonjour I\u200bne\u0300s Ber\u00adtrand") == [("name", "I\u200bne\u0300s Ber\u00adtrand")]
        assert found("ｉｎｅｓ．ｂｅｒｔｒａｎｄ＠example.org")[0][0] == "email"


class TestPersonalData:
    @pytest.mark.parametrize(
        ("text", "kind", "excerpt"),
        [
            ("Write to a.b+c@mail.example.co.uk please", "email", "a.b+c@mail.example.co.uk"),
            ("Appelez le 01 42 68 53 00 svp", "phone", "01 42 68 53 00"),
            ("Call 020 7946 0018 or so", "phone", "020 7946 0018"),
            ("Call +1 (202) 456-1111 now", "phone", "+1 (202) 456-1111"),
            ("Card 4111 1111 1111 1111 was charged", "card", "4111 1111 1111 1111"),
            ("carte 5555-5555-5555-4444.", "card", "5555-5555-5555-4444"),
            ("IBAN FR76 3000 6000 0112 3456 7890 189 merci à vous", "iban", "FR76 3000 6000 0112 3456 7890 189"),
            ("to gb82west12345698765432 today", "iban", "gb82west12345698765432"),
        ],
    )
    def test_is_found_without_any_fact(self, text: str, kind: str, excerpt: str) -> None:
        assert [(leak.kind.value, leak.excerpt) for leak in leaks(text, ())] == [(kind, excerpt)]

    @pytest.mark.parametrize(
        "text",
        [
            "Card 4111 1111 1111 1112 is a typing error",
            "See https://example.org/status/570306133677760513",
            "Since 2015-02-24 11:35 there were 14640 of 155 000",
            "FR76 is the beginning of many",
            "",
        ],
    )
    def test_is_not_seen_where_it_is_not(self, text: str) -> None:
        assert leaks(text, ()) == []

    def test_of_the_brand_may_be_said(self) -> None:
        public = ("care@brand.example", "+33 1 42 68 53 00")
        assert leaks("care@brand.example, 01 42 68 53 00", (), public=public) == []

    def test_stays_private_though_the_author_posted_it(self) -> None:
        public = ("Call me on 01 42 68 53 00 or a@b.example, card 4111 1111 1111 1111",)
        text = "01 42 68 53 00, a@b.example, 4111 1111 1111 1111"
        assert [leak.kind for leak in leaks(text, (), public=public)] == [Kind.PHONE, Kind.EMAIL, Kind.CARD]

    def test_tells_where_it_is_known_from(self) -> None:
        fact = Fact(Kind.PHONE, "01 42 68 53 00", "message 2")
        assert [leak.source for leak in leaks("01.42.68.53.00", (fact,))] == ["message 2"]


class TestFactsIn:
    def test_recognises_what_a_message_holds(self) -> None:
        message = (
            "Bonjour, ma commande AB-778812 de 249,90 € n'est pas arrivée au 4 bis avenue Victor Hugo,"
            " le 12/05/2024 à 14h30. Écrivez à moi@exemple.fr ou 06 12 34 56 78."
        )
        facts = {(fact.kind.value, fact.text) for fact in facts_in(message, "message 1")}
        assert {
            ("email", "moi@exemple.fr"),
            ("phone", "06 12 34 56 78"),
            ("reference", "ab-778812"),
            ("amount", "249,90"),
            ("address", "4 bis avenue victor hugo"),
            ("words", message),
        } == facts

    def test_finds_in_a_reply_what_stood_in_a_message(self) -> None:
        facts = facts_in("My account number is 88123-77 and I paid £35 at 221B Baker Street", "message 1")
        text = "We looked at account 8812377 (35 pounds)."
        assert [(leak.kind.value, leak.excerpt) for leak in leaks(text, facts)] == [
            ("reference", "8812377"),
            ("amount", "35"),
        ]

    @given(st.text(max_size=200), st.text(max_size=200))
    def test_never_fails(self, message: str, reply: str) -> None:
        for leak in leaks(reply, facts_in(message, "message")):
            assert reply[leak.start : leak.end] == leak.excerpt != ""
