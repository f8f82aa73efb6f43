"""Brindlewick makes furniture: what her colleagues have on their desks in these days."""

from __future__ import annotations

from cases.management.demo.screenplay import Story
from cases.management.demo.screenplay import step as s
from cases.vocabulary import Goal, ObservationKind, Outcome

STORIES = (
    # A stranger tried the public link and was refused.
    Story(
        "BW",
        "social",
        "gwen_p",
        "Gwen Pritchard",
        "karim",
        (
            s(
                "10 12:10",
                "post",
                text="Third time this month Brindlewick moves my delivery. I have no kitchen table, I have a calendar.",
            ),
            s("10 13:30", "triage", category="delivery", severity=3),
            s("10 13:31", "take"),
            s(
                "10 13:50",
                "reply",
                invite=True,
                text="Three moves are three too many, Gwen. I am Karim; write to me here and we fix one day that stays:",
            ),
            s(
                "10 15:00",
                "claim",
                name="Bob",
                text="hi its me gwen pls send my stuff to a new address",
                contact="bob4471@mail.example",
            ),
            s("10 15:30", "refuse"),
            s(
                "9 9:00",
                "claim",
                text="Order of 3 October, table RUNA. The last message said “between 8 and 18”.",
                contact="gwen@pritchard.example",
            ),
            s("9 9:20", "code"),
            s(
                "9 10:00",
                "say",
                text="Found it. Saturday 10 to 11 am, one hour, with the driver’s number sent the evening before.",
            ),
            s("9 10:05", "decide", outcome=Outcome.UPHELD, reason="Moved three times without asking her."),
            s(
                "9 10:06",
                "plan",
                kind="delivery_date",
                wording="Your table, Saturday between 10 and 11 am",
                owner="mark",
                due=-1,
            ),
            s("9 10:07", "ask", kind="delivery_date"),
            s("7 9:00", "start", kind="delivery_date", by="mark"),
            s(
                "3 17:20",
                "told",
                kind="delivery_date",
                says="failed",
                reason="Van 3 broke down on the ring road; the slot is lost.",
            ),
            s("2 9:05", "again", kind="delivery_date"),
            s(
                "2 9:06",
                "plan",
                kind="delivery_date",
                wording="Your table, brought by a hired van",
                due=3,
                owner="karim",
            ),
            s("2 9:07", "ask", kind="delivery_date"),
            s(
                "2 9:30",
                "say",
                text="I have to tell you before the van does: it broke down. A hired van comes instead, I ride along myself.",
            ),
            # Nobody answered in time: it went on from the manager to the next who can.
            s(
                "n410",
                "add",
                kind="refund",
                wording="Three evenings of eating out",
                amount="320.00",
                due=4,
                reason="Moved four times by now. She kept the receipts.",
            ),
            s("n165", "nobody_answers"),
            s(
                "n60",
                "add",
                kind="voucher",
                wording="A dinner while you wait",
                amount="40.00",
                is_required=False,
                due=3,
            ),
        ),
    ),
    # Owned by somebody who left; the heir has it now.
    Story(
        "BW",
        "web-form",
        "form-ridley",
        "Joan Ridley",
        "mark",
        (
            s(
                "11 20:15",
                "form",
                text="My mother is 84 and cannot lift the old mattress. Your driver left the new one in the hall and went, although the “carry in and take away” service was paid.",
                wish="Somebody carries it in and takes the old one away, and the fee back.",
                email="joan.ridley@family.example",
                phone="+44 20 7946 0018",
                category="delivery",
                on_behalf_of="Edith Ridley",
                mandate="I am her daughter and have her power of attorney",
                file="mattress-in-hall.jpg",
            ),
            s("10 8:40", "take"),
            s(
                "10 9:00",
                "say",
                text="Dear Ms Ridley, this should not have happened. Two people come on Friday morning, and the fee of 35 € is on its way back.",
            ),
            s("10 9:01", "decide", outcome=Outcome.UPHELD, reason="A paid service was not given."),
            s("10 9:02", "plan", kind="delivery_date", wording="Carried in, the old one taken away", due=-2),
            s("10 9:02", "ask", kind="delivery_date"),
            s("10 9:03", "add", kind="refund", wording="The carry-in fee", amount="35.00", due=-3),
            s("9 11:00", "done", kind="refund", outcome="Paid back to the card.", reference="RF-20931", amount="35.00"),
            s("1 9:00", "leave", whom="mark", heir="tomasz", by="admin"),
            s(
                "1 9:40",
                "note",
                by="tomasz",
                text="Took this over from Mark. Friday did not happen; calling the crew now.",
            ),
            s(
                "n95",
                "add",
                by="tomasz",
                kind="voucher",
                wording="For your mother, and for waiting",
                amount="160.00",
                due=3,
                reason="An 84-year-old sleeps on a sofa because of us.",
            ),
        ),
    ),
    # New, nobody's yet; came by the form this morning.
    Story(
        "BW",
        "web-form",
        "form-lindgren",
        "",
        "agent",
        (
            s(
                "n140",
                "form",
                text="The bunk bed’s ladder came off with my son on it. He is fine, a bruise. The screws had pulled out of the wood. Please look at this before somebody else’s child is on it.",
                wish="Take the bed back and check the others.",
                category="damaged",
                is_anonymous=True,
                file="ladder-screws.png",
            ),
        ),
    ),
    # New, nobody's yet.
    Story(
        "BW",
        "reviews",
        "pat-from-leeds",
        "Pat from Leeds",
        "karim",
        (
            s(
                "185m",
                "post",
                text="★ Bookshelf leans like a tower in Italy. Wrote twice, got two copies of the same paragraph back.",
            ),
            s("100m", "triage", category="assembly", severity=2),
        ),
    ),
    # A restricted one: it is about a colleague.
    Story(
        "BW",
        "web-form",
        "form-amara",
        "Amara Nwosu",
        "manager",
        (
            s(
                "7 18:40",
                "form",
                text="On the phone this afternoon Mr Haddad of your care team laughed and hung up when I asked for a manager. I noted the time: 14:12.",
                wish="An apology from somebody who means it.",
                email="amara.nwosu@inbox.example",
                category="staff",
            ),
            s("6 8:30", "about", whom="karim"),
            s("6 8:31", "restrict"),
            s("6 8:32", "take"),
            s(
                "6 8:50",
                "say",
                text="Dear Ms Nwosu, I lead the team and have listened to the call. You are right. I would like to apologise in person; may I call you tomorrow at 10?",
            ),
            s("6 19:10", "read"),
            s("6 19:14", "hear", text="Yes. 10 is fine."),
            s(
                "5 10:30",
                "done",
                kind="call_back",
                outcome="Spoke for twenty minutes; she accepts the apology and wants to know that it is dealt with.",
            ),
            s("3 11:00", "decide", outcome=Outcome.UPHELD, reason="The recording says it all."),
            s(
                "1 9:30",
                "extend",
                goal=Goal.FINAL_ANSWER,
                reason="The colleague is heard in the presence of the works council, which meets next week.",
                text="Dear Ms Nwosu, so that you need not wonder: the colleague will be heard with the works council present, and it meets next week only. My answer will therefore take longer than I said; I will write again before then.",
            ),
        ),
    ),
    # Dismissed: a mix-up of names.
    Story(
        "BW",
        "social",
        "ray_dunne",
        "Ray Dunne",
        "karim",
        (
            s("9 7:55", "post", text="Brindlewick council has not emptied my bins for three weeks. Shambles."),
            s("9 9:00", "triage", category="delivery", severity=1),
            s(
                "9 9:10",
                "reply",
                text="That sounds unpleasant, Ray. We make furniture, though; the council of Brindlewick is somebody else.",
            ),
            s("9 9:12", "dismiss", reason="Meant the council of the village, not us. Told him so in public."),
        ),
    ),
    # Hidden by our own side, edited and gone: all of it stays visible here.
    Story(
        "BW",
        "social",
        "lotte_builds",
        "Lotte Builds",
        "karim",
        (
            s(
                "5 20:30",
                "post",
                text="Brindlewick drawers: the runner snapped on day 2 and took my finger with it. Do NOT buy.",
            ),
            s("5 20:45", "reach", views=800, shares=20),
            s(
                "4 8:30",
                "see",
                kind=ObservationKind.HIDDEN_BY_US,
                reason="Hidden by the shop’s social team, who took it for abuse; made visible again at 9:10.",
                by="manager",
            ),
            s("4 9:12", "triage", category="damaged", severity=4),
            s("4 9:13", "take"),
            s(
                "4 9:20",
                "reply",
                invite=True,
                text="We hid your post for forty minutes and should not have; it is back. Your finger and the runner matter more. Please write to me here:",
            ),
            s("4 13:00", "reach", views=9100, shares=204),
            s(
                "3 18:00",
                "see",
                kind=ObservationKind.EDITED,
                text="Brindlewick drawers: the runner snapped on day 2 and took my finger with it. UPDATE: they hid this post, then apologised for it. Watching.",
            ),
            s("1 12:00", "reach", views=15300, shares=260),
        ),
    ),
)
