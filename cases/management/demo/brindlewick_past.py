"""Brindlewick in the weeks before: how cases ended there."""

from __future__ import annotations

from cases.management.demo.screenplay import Story
from cases.management.demo.screenplay import step as s
from cases.vocabulary import AnswerRoute, ObservationKind, Outcome, Satisfaction

STORIES = (
    # Handled, and confirmed with thanks. An earlier case of Tom's.
    Story(
        "BW",
        "social",
        "tom.ashgrove",
        "Tom Ashgrove",
        "karim",
        (
            s(
                "29 18:20",
                "post",
                text="Two of four chair legs are a different brown. Is that the fashion now, @Brindlewick?",
            ),
            s("28 9:10", "triage", category="damaged", severity=1),
            s("28 9:11", "take"),
            s(
                "28 9:20",
                "reply",
                invite=True,
                text="Only if you say so, Tom. Otherwise I send two that match. Which brown do you like better?",
            ),
            s("28 12:00", "claim", text="The darker one, please.", contact="tom@ashgrove.example"),
            s("28 12:10", "code"),
            s("28 12:30", "decide", outcome=Outcome.UPHELD, reason="Two batches in one box."),
            s("26 15:00", "done", kind="replacement", outcome="Two legs in walnut, delivered.", reference="DL-75880"),
            s("26 15:20", "answer", text="The two darker legs are with you. Keep the light ones as spares. Karim"),
            s("26 15:40", "handle", cause="product-faulty", prevention="Match the batches before packing."),
            s("25 19:00", "read"),
            s("25 19:02", "say_whether", answer=Satisfaction.SETTLED, words="All four match. Thanks.", publicly=True),
        ),
    ),
    # Handled, then a "no" that opened it again.
    Story(
        "BW",
        "reviews",
        "ines-v",
        "Inès Vandamme",
        "agent",
        (
            s(
                "21 10:30",
                "post",
                text="★★ Canapé superbe, mais un pied manquait. On m’a promis la pièce « sous 48 heures ». Dix jours plus tard, une pile de livres tient le canapé.",
            ),
            s("21 11:40", "triage", category="assembly", severity=2),
            s("21 11:41", "take"),
            s(
                "21 12:00",
                "reply",
                invite=True,
                text="Dix jours, c’est huit de trop. Dites-moi ici quel modèle, je m’en occupe aujourd’hui :",
            ),
            s("21 14:20", "claim", text="Modèle OSLO, pied arrière gauche.", contact="ines.vandamme@courriel.example"),
            s("21 14:30", "code"),
            s("21 15:00", "say", text="Le pied part ce soir, avec un numéro de suivi."),
            s("21 15:05", "decide", outcome=Outcome.UPHELD, reason="Promised within two days, forgotten in the queue."),
            s("19 16:00", "done", kind="repair", outcome="Leg sent by parcel.", reference="CL-50277"),
            s(
                "19 16:10",
                "answer",
                text="Le pied est parti avec le suivi CL-50277. Merci de votre patience, et pardon pour les livres. Léa",
            ),
            s("19 16:30", "handle", cause="contact-silence"),
            s("17 19:00", "read"),
            s(
                "2 20:10",
                "say_whether",
                answer=Satisfaction.NO,
                words="Le pied est arrivé, mais c’est le pied AVANT. Les livres sont toujours là.",
            ),
            s("1 9:30", "add", kind="replacement", wording="Le pied arrière gauche, remis en main propre", due=2),
            # The day cannot be kept: the owner finds the message to her prepared.
            s("n25", "plan", kind="replacement", due=5),
        ),
        "fr",
    ),
    # Handled, silent: not counted as a yes. One action waived by the manager.
    Story(
        "BW",
        "web-form",
        "form-coyle",
        "Brendan Coyle",
        "agent",
        (
            s(
                "18 21:00",
                "form",
                text="I returned a lamp in September. The parcel office says you have it. My bank says I do not have the money.",
                wish="My 64.90 back.",
                email="b.coyle@letters.example",
                category="billing",
            ),
            s("17 9:00", "take"),
            s(
                "17 9:15",
                "say",
                text="The parcel sat in our returns cage without a label. It is found, and the money goes back today.",
            ),
            s("17 9:16", "decide", outcome=Outcome.UPHELD, reason="Returned in time; we lost track."),
            s("17 9:17", "plan", kind="refund", wording="The lamp", amount="64.90"),
            s("17 9:18", "add", kind="voucher", wording="A voucher for the wait", amount="10.00"),
            s(
                "16 10:00",
                "done",
                kind="refund",
                outcome="Transferred to the bank account.",
                reference="RF-20557",
                amount="64.90",
            ),
            s(
                "16 10:40",
                "waive",
                by="manager",
                kind="voucher",
                reason="He told Léa on the phone that he wants no voucher.",
            ),
            s(
                "16 11:00",
                "answer",
                text="Your 64.90 € are on their way, reference RF-20557. I am sorry it took a search party. Léa",
            ),
            s("15 9:00", "handle", cause="delivery-lost", prevention="A label printer in the returns cage."),
        ),
    ),
    # Handled in public: he wanted no private thread.
    Story(
        "BW",
        "social",
        "flatpack_phil",
        "Flatpack Phil",
        "tomasz",
        (
            s(
                "15 19:30",
                "post",
                text="Ordered “delivery to the room”. Got delivery to the kerb. In the rain. @Brindlewick explain.",
            ),
            s("14 9:00", "triage", category="delivery", severity=2),
            s("14 9:01", "take"),
            s(
                "14 9:10",
                "reply",
                invite=True,
                text="The room was paid for, the kerb was not the deal. Write to us here and we put it right:",
            ),
            s("14 9:40", "post", text="@Brindlewick no private links please. Answer here, where I asked."),
            s("14 9:50", "decline"),
            s("14 10:00", "decide", outcome=Outcome.UPHELD, reason="The driver was alone and did not say so."),
            s(
                "12 16:00",
                "done",
                kind="delivery_date",
                outcome="Two people carried it to the second floor.",
                reference="DL-76104",
            ),
            s(
                "12 16:30",
                "answer",
                route=AnswerRoute.PUBLIC,
                text="Here it is, where you asked: the driver was alone and should have called. Two colleagues carried it up today. Single drivers no longer get room deliveries.",
            ),
            s("12 16:40", "handle", cause="delivery-alone", prevention="No room delivery with one driver."),
            s("11 8:00", "reach", views=5200, shares=18),
        ),
    ),
    # Partly upheld, bounced, sent again, handled, partly settled -> open again.
    Story(
        "BW",
        "web-form",
        "form-feld",
        "Konrad Feld",
        "agent",
        (
            s(
                "14 12:10",
                "form",
                text="Desk delivered with scratches on the underside. I asked for half the price back.",
                wish="Half the price back.",
                email="konrad.feld@bureau.example",
                category="damaged",
            ),
            s("13 9:30", "take"),
            s("13 10:00", "say", text="Could you send a photo? Then I can tell you today."),
            s("13 18:00", "hear", text="Here.", file="desk-underside.png"),
            s(
                "12 9:00",
                "decide",
                outcome=Outcome.PARTLY_UPHELD,
                reason="Scratches are there, out of sight; half the price is out of proportion.",
                points=(
                    ("Scratches on the underside", Outcome.UPHELD, "They are there, as your photo shows."),
                    ("Half the price back", Outcome.REJECTED, "The desk is sound, and nobody sees them."),
                ),
            ),
            s("12 9:02", "add", kind="voucher", wording="For the scratches", amount="25.00"),
            s("12 9:30", "done", kind="voucher", outcome="Voucher issued.", reference="VC-8841", amount="25.00"),
            s("12 9:40", "waive", by="manager", kind="replacement", reason="The desk works and he wants to keep it."),
            s(
                "12 10:00",
                "answer",
                mail="came back",
                text="The scratches are real and out of sight: 25 € as a voucher, code VC-8841. Half the price I cannot give. Léa",
            ),
            s("6 17:40", "read"),
            s("5 9:10", "handle", cause="product-faulty"),
        ),
    ),
    # Could not be reached.
    Story(
        "BW",
        "reviews",
        "guest-20417",
        "Guest 20417",
        "karim",
        (
            s("26 9:00", "post", text="★ Cushion covers shrank to doll size. 40 degrees as on the label."),
            s("26 10:00", "triage", category="damaged", severity=1),
            s("26 10:01", "take"),
            s(
                "26 10:20",
                "reply",
                invite=True,
                text="Doll size is not a size we sell. Tell us here which covers, new ones are on us:",
            ),
            s("5 10:25", "expire"),
            s("4 11:00", "decide", outcome=Outcome.UPHELD, reason="Label said 40; the fabric cannot."),
            s("4 11:10", "add", kind="correction", wording="The label says 30 from now on"),
            s("4 11:20", "done", kind="correction", outcome="Label changed with the supplier, stock relabelled."),
            s("4 11:25", "waive", by="manager", kind="replacement", reason="Nobody knows whom to send them to."),
            s(
                "4 11:30",
                "answer",
                route=AnswerRoute.UNREACHABLE,
                text="Never answered the invitation; the review site gives no address.",
            ),
            s("4 11:31", "handle", cause="product-not-as-told", prevention="Wash a cover before its label is printed."),
        ),
    ),
    # Withdrawn by the complainant.
    Story(
        "BW",
        "web-form",
        "form-sato",
        "Emi Sato",
        "agent",
        (
            s(
                "13 8:10",
                "form",
                text="My order says “shipped” since Monday and does not move.",
                email="emi.sato@post.example",
                category="delivery",
            ),
            s("13 9:00", "take"),
            s(
                "13 9:10",
                "say",
                text="It hangs at the border of two carriers. I am on it and write again this afternoon.",
            ),
            s("13 13:30", "read"),
            s("13 17:20", "withdraw"),
        ),
    ),
    # Praise, passed on.
    Story(
        "BW",
        "social",
        "sunny_lane",
        "Sunny Lane Nursery",
        "karim",
        (
            s(
                "6 16:10",
                "post",
                text="Shout-out to Tomasz from @Brindlewick who carried eleven tiny tables up to our nursery, sang with the children, and left no crumb of cardboard.",
            ),
            s("5 9:00", "triage", kind="praise"),
            s("5 9:10", "pass_on", to="tomasz"),
            s("5 9:20", "reply", text="He is still humming. Thank you, Sunny Lane!"),
        ),
    ),
    # A message that went to the wrong person.
    Story(
        "BW",
        "web-form",
        "form-okoye",
        "Chidi Okoye",
        "karim",
        (
            s(
                "8 18:00",
                "form",
                text="Invoice has the wrong company name, our accountant refuses it.",
                email="chidi@okoye-partners.example",
                category="billing",
            ),
            s("7 9:20", "take"),
            s("7 9:40", "say", text="Dear Mrs Albright, your curtains in sand will be with you on Tuesday."),
            s(
                "7 9:52",
                "misdirected",
                reason="Pasted the curtains message into the wrong window. It names another customer and her order.",
            ),
            s(
                "7 10:00",
                "say",
                text="Please forget my last message, it was meant for somebody else and the mistake is mine. Your invoice with the right name is attached to your order now.",
            ),
            s("7 10:10", "add", kind="correction", wording="Invoice with the right company name", due=1),
        ),
    ),
    # Gone by its author's hand after it was put right.
    Story(
        "BW",
        "social",
        "m_petrov",
        "M. Petrov",
        "tomasz",
        (
            s(
                "23 17:00",
                "post",
                text="Paid for Saturday delivery, got “Tuesday or so”. Brindlewick, what is an or so?",
            ),
            s("22 9:00", "triage", category="delivery", severity=2),
            s("22 9:01", "take"),
            s("22 9:10", "reply", invite=True, text="A Saturday is a Saturday. Write to me here and it will be one:"),
            s("22 11:00", "claim", text="Order under Petrov, the shelf.", contact="m@petrov.example"),
            s("22 11:20", "confirm"),
            s("22 11:30", "decide", outcome=Outcome.UPHELD, reason="Saturday was paid."),
            s("20 12:00", "done", kind="delivery_date", outcome="Delivered on Saturday at 9:40.", reference="DL-75990"),
            s("20 12:10", "answer", text="Saturday it was, 9:40. The surcharge came back on top. Tomasz"),
            s("20 12:30", "handle", cause="delivery-late"),
            s("20 18:00", "say_whether", answer=Satisfaction.SETTLED),
            s("19 9:00", "see", kind=ObservationKind.GONE),
        ),
    ),
)
