"""Brindlewick makes furniture: what Léa has on her desk there in these days."""

from __future__ import annotations

from cases.management.demo.screenplay import Story
from cases.management.demo.screenplay import step as s
from cases.vocabulary import Outcome

STORIES = (
    # In mid-life: two promises kept or under way, the refund still to do.
    Story(
        "BW",
        "social",
        "tom.ashgrove",
        "Tom Ashgrove",
        "agent",
        (
            s(
                "6 19:12",
                "post",
                text="Took a day off for my @Brindlewick sofa. Nobody came, nobody called. The tracking page says "
                "“delivered, thank you”. To whom?? I am sitting on a camping chair.",
            ),
            s("6 19:40", "reach", views=1900, shares=12),
            s("5 8:50", "triage", category="delivery", severity=4),
            s("5 8:55", "take"),
            s(
                "5 9:04",
                "reply",
                invite=True,
                text="A day off and no sofa: that is on us, Tom. I am Léa, I follow your case to the end. "
                "Where shall we write to you? This link is for you alone:",
            ),
            s("5 12:20", "reach", views=17400, shares=133),
            s(
                "5 12:31",
                "claim",
                text="It is me. Order from 2 October, the green three-seater.",
                contact="tom@ashgrove.example",
            ),
            s("5 12:45", "code"),
            s(
                "5 13:10",
                "say",
                text="Thank you, Tom. The driver marked eleven orders as delivered at once; yours never left the van. "
                "It is back in our depot, unharmed. Which day suits you? I will book the two-man team for it, and "
                "the delivery fee comes back to you.",
            ),
            s("5 20:02", "read"),
            s(
                "5 20:06",
                "hear",
                text="Any day after 4 pm. And I took unpaid leave for this, a day of it.",
                file="empty-living-room.jpg",
            ),
            s(
                "4 9:15",
                "note",
                text="@tomasz can van 7 take one more after four? Leave day: I would like to pay it, 90 € is fair.",
            ),
            s("4 10:02", "note", by="tomasz", text="Yes. Slot is blocked, booking follows."),
            s(
                "4 10:20",
                "decide",
                outcome=Outcome.UPHELD,
                reason="The driver confirmed a delivery that did not happen. Day lost through our fault.",
                points=(
                    (
                        "Nobody came, and the page said “delivered”",
                        Outcome.UPHELD,
                        "The driver marked eleven orders at once; yours never left the van.",
                    ),
                    ("A day of unpaid leave", Outcome.UPHELD, "You waited because we had told you to."),
                ),
            ),
            s(
                "4 10:22",
                "plan",
                kind="delivery_date",
                wording="Your sofa, between 4 and 6 pm",
                owner="tomasz",
                due=2,
            ),
            s("4 10:22", "ask", kind="delivery_date"),
            s(
                "4 10:23",
                "add",
                kind="refund",
                wording="Delivery fee and your day off",
                amount="138.00",
                due=1,
                reason="48 € of fee and a day of unpaid leave, for a delivery that was invented.",
            ),
            s("4 10:24", "approve", by="karim", words="Go ahead."),
            s(
                "4 10:25",
                "say",
                text="4 to 6 pm is booked, the day stands on your page. You also get the fee of 48 € and 90 € for your day back.",
            ),
            s("4 18:30", "reach", views=48200, shares=301),
            s("3 8:40", "read"),
            s("2 14:10", "start", kind="delivery_date", by="tomasz"),
            s(
                "115m",
                "hear",
                text="Are we still on? My neighbour asks whether she should keep her parking space free.",
            ),
            s(
                "n28",
                "add",
                kind="voucher",
                wording="Flowers for the neighbour with the parking space",
                amount="35.00",
                is_required=False,
                due=3,
            ),
        ),
    ),
    # Everything is there; the green button is the next move.
    Story(
        "BW",
        "reviews",
        "margaret-h",
        "Margaret Holloway",
        "agent",
        (
            s(
                "9 11:20",
                "post",
                text="★★ Dining table arrived with a crack right across the top. Packed like an afterthought.",
            ),
            s("9 13:00", "triage", category="damaged", severity=3),
            s("9 13:05", "take"),
            s(
                "9 13:20",
                "reply",
                invite=True,
                text="A cracked top is not how a table should arrive, Margaret. Please tell me more here, and I take it from there:",
            ),
            s(
                "9 16:45",
                "claim",
                text="Photo attached to my order already. I would like a new top, not a voucher.",
                contact="m.holloway@post.example",
            ),
            s("8 9:10", "confirm"),
            s(
                "8 9:25",
                "say",
                text="Of course: a new top, no voucher. It leaves Lille tomorrow, and the driver takes the broken one back.",
            ),
            s(
                "8 9:30",
                "decide",
                outcome=Outcome.UPHELD,
                reason="Broken before delivery: the corner cushion was missing.",
            ),
            s("8 9:31", "plan", kind="replacement", wording="A new oak top, the broken one taken back"),
            s("8 9:32", "ask", kind="replacement"),
            s(
                "8 9:40",
                "add",
                kind="investigation",
                is_required=False,
                wording="Why the cushion was missing",
                owner="tomasz",
                due=4,
            ),
            s(
                "6 15:05",
                "done",
                kind="replacement",
                outcome="Delivered and signed for, old top collected.",
                reference="DL-77310",
                file="new-table-top.jpg",
            ),
            s(
                "6 15:30",
                "done",
                kind="investigation",
                by="tomasz",
                outcome="The cushion dispenser ran empty; the line now stops.",
                file="packing-line-report.txt",
            ),
            s(
                "2 9:20",
                "answer",
                text="Dear Margaret, the new top is with you, the broken one with us. We found why it happened: the line went on packing while the cushions had run out. Now it stops. I am sorry for the wait. Léa",
            ),
            s("2 18:10", "read"),
        ),
    ),
    # Waiting on the complainant.
    Story(
        "BW",
        "social",
        "dele_o",
        "Dele Ogunbanjo",
        "agent",
        (
            s(
                "8 17:30",
                "post",
                text="@Brindlewick wardrobe, 146 screws, and the one bag missing is the one for the DOORS. Well played.",
            ),
            s("7 9:00", "triage", category="assembly", severity=2),
            s("7 9:02", "take"),
            s(
                "7 9:15",
                "reply",
                invite=True,
                text="145 out of 146 is not a pass mark, Dele. Tell me which wardrobe and I send the bag today:",
            ),
            s("7 10:05", "claim", text="Model HALDEN, white. Bag F.", contact="dele@mailbox.example"),
            s("7 10:10", "code"),
            s(
                "7 10:30",
                "say",
                text="Bag F of HALDEN comes in two lengths. Could you measure one of the door hinges, or send a photo?",
            ),
            s("7 10:31", "plan", kind="repair", wording="Bag F for the doors, by express", due=3),
            s("7 10:32", "ask", kind="repair"),
            s(
                "7 10:33",
                "add",
                kind="voucher",
                wording="For a weekend without doors",
                amount="120.00",
                is_required=False,
                reason="He had friends over for it.",
            ),
            s("7 10:50", "take_back"),
            s("7 10:52", "wait", waiting_for="the length of a hinge, or a photo"),
        ),
    ),
    # Invitation sent, nobody has come yet.
    Story(
        "BW",
        "social",
        "nadja_k",
        "Nadja K.",
        "agent",
        (
            s(
                "3 21:05",
                "post",
                text="brindlewick charged me twice for one bed and the hotline has been playing pan flutes for 50 minutes",
            ),
            s("3 21:40", "reach", views=640, shares=3),
            s("2 8:45", "triage", category="billing", severity=3),
            s("2 8:46", "take"),
            s(
                "2 9:00",
                "reply",
                invite=True,
                text="Two charges for one bed is one too many, and I am sorry for the pan flutes. Please write to me here, then I look at both payments today:",
            ),
            s("2 9:05", "plan", kind="refund", wording="The second charge", due=2),
            s("1 9:10", "reach", views=2210, shares=9),
            # Asked for, then corrected: the first request is void, the second waits for two people.
            s(
                "n75",
                "plan",
                kind="refund",
                wording="The second charge",
                amount="694.00",
                reason="Charged twice for one bed; the bank shows both.",
            ),
            s(
                "n55",
                "plan",
                kind="refund",
                wording="The second charge",
                amount="649.00",
                reason="Charged twice for one bed; the bank shows both. It was 649, I had turned two figures round.",
            ),
        ),
    ),
    # Claimed by somebody whom nobody has confirmed yet.
    Story(
        "BW",
        "social",
        "old.mill.b_and_b",
        "The Old Mill B&B",
        "agent",
        (
            s(
                "4 8:20",
                "post",
                text="Six chairs ordered from Brindlewick for our breakfast room, four came, two are wobbling already. Guests notice.",
            ),
            s("4 9:30", "triage", category="damaged", severity=3),
            s("4 9:31", "take"),
            s(
                "4 9:50",
                "reply",
                invite=True,
                text="Guests should notice the breakfast, not the chairs. Please tell me here which four you have, I sort out all six:",
            ),
            s(
                "1 16:05",
                "claim",
                name="Harriet Vane-Smith",
                text="I run the Old Mill. We have four of the ELMA chairs in walnut; two of them rock on every floor we have.",
                contact="harriet@oldmill.example",
            ),
            s("70m", "send_code"),
            s(
                "n40",
                "add",
                kind="refund",
                wording="The two chairs that never came",
                amount="189.00",
                due=6,
                reason="Paid six, got four. The other two are out of production.",
            ),
        ),
    ),
)
