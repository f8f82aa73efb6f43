"""Orvelle makes cosmetics, in French: what is going on there."""

from __future__ import annotations

from cases.management.demo.screenplay import Story
from cases.management.demo.screenplay import step as s
from cases.vocabulary import Outcome, Satisfaction

STORIES = (
    # Handled, waiting for the complainant's yes or no.
    Story(
        "OR",
        "web-form",
        "form-amelie",
        "Amélie Garnier",
        "sofia",
        (
            s(
                "9 19:12",
                "form",
                text="Mon colis est arrivé ouvert et deux sérums sur trois étaient vides. Le robot du chat m’a souhaité une excellente soirée.",
                wish="Être remboursée, et que le carton soit fermé la prochaine fois.",
                email="amelie.garnier@courriel.example",
                category="parcel",
                file="colis-ouvert.jpg",
            ),
            s("8 8:40", "take"),
            s(
                "8 8:55",
                "say",
                text="Bonjour Amélie. Je m’appelle Sofia et je suis votre dossier jusqu’au bout. J’ai bien la photo ; auriez-vous le numéro sous le code-barres du carton ?",
            ),
            s("8 12:20", "read"),
            s("8 12:24", "hear", text="Oui : 4471-09."),
            s("7 9:10", "note", text="Carton sorti de l’atelier sans scellé. @priya tu peux regarder la ligne ?"),
            s("7 9:30", "decide", outcome=Outcome.UPHELD, reason="Carton expédié sans scellé, la faute est chez nous."),
            s("7 9:31", "plan", kind="replacement", wording="Deux sérums neufs, livrés contre signature"),
            s(
                "7 9:32",
                "add",
                kind="refund",
                wording="Les deux flacons vides",
                amount="86.40",
                reason="Deux sérums sur trois vides, photo à l’appui.",
            ),
            s(
                "7 9:33",
                "add",
                kind="correction",
                wording="Un scellé sur chaque colis",
                is_required=False,
                owner="priya",
                due=10,
            ),
            s("7 9:34", "ask", kind="replacement"),
            s("7 10:05", "approve", by="claire", words="Oui, tout de suite."),
            s(
                "7 10:15",
                "done",
                kind="refund",
                outcome="Remboursé sur la carte.",
                reference="RB-40718",
                amount="86.40",
            ),
            s(
                "7 10:20",
                "say",
                text="Merci. Le carton est parti sans scellé, c’est notre faute. 86,40 € sont remboursés ce matin et deux sérums neufs partent aujourd’hui, contre signature.",
            ),
            s("5 11:20", "done", kind="replacement", outcome="Remis en main propre, signé.", reference="CL-99214"),
            s(
                "5 14:02",
                "answer",
                text="Livraison signée à 11 h 20. Tout est remboursé et remplacé ; le scellé sur chaque colis arrive, vous en verrez la date ici. Sofia",
            ),
            s("5 19:30", "read"),
            s("4 9:00", "handle", cause="packing", prevention="Pas de départ sans scellé."),
            s("3 18:20", "say_of_promise", kind="replacement", said=Satisfaction.SETTLED),
        ),
        "fr",
    ),
    # A skin reaction: critical, laboratory, two actions open.
    Story(
        "OR",
        "social",
        "louna.m",
        "Louna M.",
        "priya",
        (
            s(
                "3 20:40",
                "post",
                text="Masque « éclat » @Orvelle : dix minutes et j’ai le visage d’une pivoine. Les pharmaciens d’astreinte vous saluent.",
            ),
            s("3 21:10", "reach", views=4200, shares=61),
            s("2 8:20", "triage", category="reaction", severity=4),
            s("2 8:21", "take"),
            s(
                "2 8:30",
                "reply",
                invite=True,
                text="Votre peau d’abord : arrêtez le masque et gardez le pot. Je suis Priya, pharmacienne chez Orvelle. Écrivez-moi ici, je vous rappelle dans l’heure :",
            ),
            s(
                "2 8:52",
                "claim",
                text="C’est moi, Louna. Ça brûle moins mais c’est encore très rouge.",
                contact="louna@courriel.example",
            ),
            s("2 8:55", "code"),
            s(
                "2 9:10",
                "say",
                text="Merci Louna. Compresses fraîches, rien d’autre, et un médecin si cela gonfle. Un coursier vient chercher le pot pour le laboratoire ; dites-moi une heure.",
            ),
            s("2 9:40", "hear", text="Vers 14 h. Le lot finit par 4471.", file="masque-pot.jpg"),
            s("2 10:00", "start", kind="investigation"),
            s("2 10:05", "plan", kind="investigation", wording="Analyse du pot au laboratoire", due=3),
            s("2 10:06", "plan", kind="refund", wording="Le masque et la consultation", amount="71.90", due=4),
            s("2 10:07", "add", kind="call_back", wording="Un appel demain matin", due=-1),
            s("1 9:00", "done", kind="call_back", outcome="Rougeurs en baisse, pas de gonflement. Rappel vendredi."),
            s("1 12:00", "reach", views=36800, shares=512),
            s(
                "1 15:00",
                "note",
                text="Deuxième signalement du lot 4471 en boutique de Lyon. @claire on retire le lot ?",
            ),
            s("n65", "plan", kind="investigation", due=6),
            s(
                "n45",
                "add",
                kind="refund",
                wording="La dermatologue",
                amount="240.00",
                due=5,
                reason="Deux consultations, factures reçues. C’est notre lot.",
            ),
        ),
        "fr",
    ),
)
