"""What the English shop sells, and what people ask and say about each thing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """A product. `ask` are questions before buying with their answers, `faults` clauses that follow "but"."""

    sku: str
    name: str
    thing: str  # what one calls it in a sentence
    category: str
    price: int
    stock: int
    drawing: str  # static/demo/<drawing>.svg
    color: str
    variants: tuple[str, ...]
    ask: tuple[tuple[str, str], ...]
    care: tuple[str, str]
    faults: tuple[str, ...]
    likes: tuple[str, ...]
    sized: bool = False


SIZES = ("S", "M", "L", "XL")

ITEMS = (
    Item(
        "JS-BP28", "Ridgeline Daypack 28 L", "daypack", "Packs", 12900, 64, "backpack", "#dfe7dc",
        ("Moss", "Slate", "Rust"),
        (
            ("Does a 16 inch laptop fit into the Ridgeline daypack?",
             "It does: the padded sleeve takes anything up to 16 inches, and a 1.5 L bottle still fits beside it."),
            ("Would the 28 litre daypack pass as hand luggage?",
             "Yes, it measures 50 × 29 × 20 cm, which every airline I know of takes into the cabin."),
        ),
        ("How do I get a coffee stain out of the daypack?",
         "Lukewarm water, a soft brush and a little mild soap. Please don't put it into the washing machine, "
         "that takes off the water-repellent coating."),
        ("the zip of the front pocket jams halfway", "the chest strap buckle is missing"),
        ("it went up and down Ben Nevis with me and didn't rub once", "three people on the train asked where it's from"),
    ),
    Item(
        "JS-BP45", "Ridgeline Trekking Pack 45 L", "trekking pack", "Packs", 18900, 31, "trekpack", "#e6dccf",
        ("Moss", "Rust"),
        (
            ("I'm 5'3\", can the back of the 45 L pack be set short enough?",
             "It can. The back length goes from 40 to 52 cm, so at 5'3\" you would be on the second notch or so."),
            ("Is a rain cover included with the trekking pack?",
             "It is, folded into the pocket at the bottom. Pull the orange loop and it comes out."),
        ),
        ("What's the best way to store the trekking pack over winter?",
         "Empty, dry, all straps loosened, and hanging rather than folded. That keeps the foam in shape."),
        ("the seam at the left shoulder strap is coming undone", "one of the aluminium stays pokes through the back panel"),
        ("nine days in the Dolomites and my shoulders are fine",),
    ),
    Item(
        "JS-TENT2", "Lakeside Two-Person Tent", "tent", "Camp", 24900, 18, "tent", "#d9e5e8",
        ("Sand", "Lake"),
        (
            ("How small does the Lakeside tent pack, and what does it weigh?",
             "46 × 15 cm in its sack and 2.1 kg with everything, 1.8 kg if you leave the footprint at home."),
            ("Can the tent stand without pegs? I camp on rock a lot.",
             "The inner tent stands by itself. The porch needs two pegs, or two stones on the loops."),
        ),
        ("The tent got packed up wet, is that a disaster?",
         "Not if you hang it up today. Let it dry fully, wipe any spots with lukewarm water only, and skip detergent."),
        ("one of the poles is cracked near the joint", "there are eleven pegs instead of fourteen",
         "the mesh door has a finger-wide tear"),
        ("it kept us dry through the worst storm of the summer", "my eight-year-old can pitch it alone"),
    ),
    Item(
        "JS-BAG05", "Downshift Sleeping Bag 0 °C", "sleeping bag", "Camp", 21900, 22, "sleepingbag", "#dcdff0",
        ("Regular", "Long"),
        (
            ("I'm 6'2\". Regular or Long for the Downshift bag?",
             "Long. Regular is made for people up to 6 feet; in the Long you have a hand's width to spare."),
            ("Is the down in the sleeping bag responsibly sourced?",
             "Yes, it is certified to the Responsible Down Standard; the lot number is sewn in beside the zip."),
        ),
        ("Can I wash the Downshift bag at home?",
         "In a big front loader, 30 °C, with down soap. Then tumble dry low with two tennis balls; give it three hours."),
        ("feathers come out along the foot seam", "the zip slider came off in my hand"),
        ("slept like a stone at minus two", "so light that I checked twice whether I'd packed it"),
    ),
    Item(
        "JS-LNT1", "Rechargeable Camp Lantern", "lantern", "Camp", 4900, 140, "lantern", "#f1e4c8",
        ("Brass", "Black"),
        (
            ("How long does the camp lantern last on one charge?",
             "About 9 hours at full light and 70 on the lowest setting. It charges over USB-C in three hours."),
            ("Is the lantern safe to leave out in the rain?",
             "Rain is fine, it is rated IPX4. Just close the rubber flap over the USB port."),
        ),
        ("My lantern was in a drawer for a year and doesn't charge, any trick?",
         "Leave it on a plain 5 V charger overnight, not a fast one. A deeply drained cell needs that slow start."),
        ("it flickers on every setting above the first", "the glass has a crack from top to bottom"),
        ("the warm setting makes our balcony look like a film", "it survived being dropped into a lake"),
    ),
    Item(
        "JS-STV1", "Pocket Gas Stove", "stove", "Camp kitchen", 5900, 75, "stove", "#e9dcd5",
        (),
        (
            ("Which gas canisters fit the pocket stove?",
             "Any with the standard EN 417 screw thread. The pierceable and bayonet ones don't fit."),
            ("How fast does the little stove boil a litre?",
             "Three and a half minutes out of the wind. Behind a pack as a windscreen it's nearly the same."),
        ),
        ("The flame of my stove has turned yellow. Is that dangerous?",
         "It's soot in the jet. Unscrew the burner head, soak it in hot water with vinegar for an hour, let it dry."),
        ("the piezo lighter gives no spark at all", "one of the pot supports is bent"),
        ("coffee on a summit in four minutes, perfect",),
    ),
    Item(
        "JS-KTL1", "Enamel Kettle 1.5 L", "kettle", "Camp kitchen", 4400, 88, "kettle", "#d8e3ee",
        ("Navy", "Cream", "Forest"),
        (
            ("Does the enamel kettle work on induction?",
             "It does, the base is steel under the enamel. Start on a middle setting so that the enamel warms evenly."),
            ("Does the kettle whistle?",
             "No, it's a quiet one: you'll hear the lid instead. The whistling model comes in spring."),
        ),
        ("There's white scale in my kettle, can I use vinegar?",
         "Yes: one part vinegar, three parts water, bring to a boil, leave for half an hour and rinse twice."),
        ("the enamel is chipped right at the spout", "the lid doesn't sit flush and steam comes out at the side"),
        ("it looks as if it had always been in our kitchen",),
    ),
    Item(
        "JS-MUG2", "Enamel Mugs, set of two", "mugs", "Camp kitchen", 2400, 210, "mug", "#eadfd6",
        ("Navy", "Cream", "Forest"),
        (
            ("Can the enamel mugs go into the dishwasher?",
             "Yes, top rack. Only the microwave is off limits, as with all enamel."),
            ("How much do the mugs hold?", "350 ml each, up to the brim. For a proper cappuccino that's just right."),
        ),
        ("Can I put the mugs straight onto a fire?",
         "Onto embers, yes, with something in them. An empty mug over a flame will craze the enamel."),
        ("one of the two has a chip in the rim", "there was only one mug in the box"),
        ("my partner stole both of them, so I'm back for two more",),
    ),
    Item(
        "JS-BTL1", "Insulated Bottle 750 ml", "bottle", "Drinkware", 3400, 320, "bottle", "#d5e6e0",
        ("Pine", "Snow", "Clay"),
        (
            ("Does the 750 ml bottle fit a car cup holder?",
             "Most of them: it is 7.3 cm across at the base. For narrow ones the 500 ml size is the safer bet."),
            ("How long do drinks stay hot in the insulated bottle?",
             "Tea poured in boiling is still at 60 °C after ten hours. Cold drinks stay cold for a day."),
        ),
        ("My bottle smells of old coffee. Any cure?",
         "A spoonful of baking soda and hot water overnight, lid off. Clean the ring in the lid separately."),
        ("it leaks at the lid when it lies on its side", "there's a dent the size of a coin near the base"),
        ("ice in it after a whole day at the beach", "the only bottle I haven't lost yet"),
    ),
    Item(
        "JS-BLK1", "Wool Throw Blanket", "blanket", "Home", 11900, 40, "blanket", "#efe0d0",
        ("Oat", "Heather", "Ember"),
        (
            ("Is the wool throw scratchy? I have sensitive skin.",
             "It's lambswool, on the soft side, but it is still wool. If you react to it, our cotton waffle throw is better."),
            ("How big is the wool throw?", "140 × 190 cm without the fringe: enough for two on a sofa, if they like each other."),
        ),
        ("What's the gentlest way to wash the wool throw?",
         "Wool cycle at 20 °C with wool soap, no softener, and dry it flat. Most of the time airing overnight is enough."),
        ("there's a pulled thread across the whole width", "the colour is much darker than on the website"),
        ("the dog and I now have to negotiate", "it's the softest thing in the house"),
    ),
    Item(
        "JS-JKT1", "Drizzle Rain Jacket", "rain jacket", "Clothing", 15900, 57, "jacket", "#dce6d3",
        SIZES,
        (
            ("I'm 178 cm and 74 kg, between M and L. Which Drizzle jacket?",
             "M if you wear it over a shirt, L if a fleece goes under it. The sleeves are the same length within a centimetre."),
            ("Does the hood of the Drizzle jacket fit over a bike helmet?",
             "Yes, it does, with the cord at the back let out all the way."),
        ),
        ("Water doesn't bead on my Drizzle jacket any more. Is it broken?",
         "No, the finish is just tired. Wash it at 30 °C, tumble dry it warm for 20 minutes, and the beads come back."),
        ("the left cuff has lost its stitching", "the tape inside the hood is peeling off"),
        ("a week in Bergen and I stayed dry", "fits like it was cut for me"),
        sized=True,
    ),
    Item(
        "JS-FLC1", "Cabin Fleece Pullover", "fleece", "Clothing", 8900, 96, "fleece", "#eadcc9",
        SIZES,
        (
            ("Does the Cabin fleece run large? I'm usually a M in other brands.",
             "It's cut roomy. Take your usual M for layering; for a closer fit, one size down."),
            ("Is the Cabin fleece made of recycled fabric?", "Yes, 100 % recycled polyester, brushed on both sides."),
        ),
        ("How do I stop the fleece from pilling?",
         "Wash it inside out at 30 °C, with no softener, and keep it away from jeans in the drum."),
        ("there's a hole under the arm, along the seam", "the zip at the collar doesn't close"),
        ("I've worn it every single day since it came",),
        sized=True,
    ),
    Item(
        "JS-BOT1", "Fellside Hiking Boots", "boots", "Footwear", 17900, 44, "boots", "#e5d9c6",
        ("EU 38", "EU 40", "EU 42", "EU 44"),
        (
            ("Are the Fellside boots wide enough for broad feet? I usually buy wide fit.",
             "They're on the wide side, and the toe box is generous. With broad feet most people stay with their usual size."),
            ("Should I go up half a size in the Fellside boots for thick socks?",
             "Yes, half a size up is what we advise for hiking socks. If you're at 41.5, take the 42."),
        ),
        ("How often should I wax the Fellside boots?",
         "Every ten outings or so, on clean and slightly damp leather. Let the wax sink in overnight, then brush."),
        ("the sole is coming loose at the left heel", "both boots are a left one", "the eyelets on the right one have rust spots"),
        ("no blisters after 22 km straight out of the box",),
        sized=True,
    ),
    Item(
        "JS-SOX3", "Merino Hiking Socks, 3 pairs", "socks", "Clothing", 3900, 260, "socks", "#e2e0ea",
        ("S/M", "L/XL"),
        (
            ("Which sock size for US 9.5 shoes?", "L/XL starts at US 9, so that one. They hug the foot quite a bit."),
            ("Are the merino socks warm enough for winter hikes?",
             "Down to about minus five, yes. Below that wear thin liners under them."),
        ),
        ("Can the merino socks go into the dryer?",
         "Better not: hang them up, they're dry by morning. Washing at 40 °C is fine."),
        ("one pair has a hole at the toe after two wears", "the stitching at the cuff is already coming undone"),
        ("not a single hole after two years, so I bought more",),
    ),
    Item(
        "JS-SKL1", "Cast-Iron Skillet 26 cm", "skillet", "Kitchen", 6400, 52, "skillet", "#dcdcdc",
        (),
        (
            ("Does the skillet come seasoned?",
             "Yes, with three coats of linseed oil. You can fry an egg in it on the first evening, with some butter."),
            ("Is 26 cm the rim or the base of the skillet?", "The rim. The flat base is 21 cm, so it suits a normal hob."),
        ),
        ("I left the skillet in the sink and it rusted. Can it be saved?",
         "Easily. Scrub it with steel wool, dry it, rub in a very thin film of oil and bake it for an hour at 230 °C."),
        ("it rocks on a flat hob", "the handle has a rough casting edge that cuts"),
        ("best pancakes of my life", "my grandmother approved, and she never does"),
    ),
    Item(
        "JS-BRD1", "Walnut Cutting Board", "cutting board", "Kitchen", 4800, 37, "board", "#e8dac6",
        ("Small", "Large"),
        (
            ("How big is the large walnut board?", "45 × 30 cm and 2.5 cm thick; it weighs 2.2 kg and stays where it is."),
            ("Is the walnut board one piece or glued?", "Five staves, glued with a food-safe glue: a single plank would warp."),
        ),
        ("My walnut board looks dull and grey. What do I do?",
         "Rub in warm mineral oil, leave it for a night, wipe off the rest. Twice the first time, then every few weeks."),
        ("there's a crack of about 4 cm at one end", "it has warped and spins on the table"),
        ("almost too pretty to cut on",),
    ),
    Item(
        "JS-CHR1", "Folding Camp Chair", "camp chair", "Camp", 7900, 66, "chair", "#d9e3d6",
        ("Sand", "Moss"),
        (
            ("How much weight does the camp chair carry?", "Up to 120 kg. The frame is aluminium with ash armrests."),
            ("Does the camp chair come with a bag?", "Yes, with a shoulder strap. Folded it is 85 cm long."),
        ),
        ("Can the cover of the camp chair be washed?",
         "It slides off the two rods at the back: 30 °C, then put it back on slightly damp so it tightens as it dries."),
        ("one of the rivets sheared off the first time I sat down", "a foot cap is missing, so it scratches the floor"),
        ("my father won't sit in anything else now",),
    ),
    Item(
        "JS-LMP1", "Oak Bedside Lamp", "bedside lamp", "Home", 9900, 29, "lamp", "#f2e6d2",
        ("Linen", "Charcoal"),
        (
            ("Which bulb does the oak lamp take?", "E27, up to 40 W or any LED. A warm 4 W bulb comes with it."),
            ("Is the oak lamp dimmable?", "Yes, with the turning knob on the cord, as long as the bulb is dimmable. Ours is."),
        ),
        ("How do I dust the linen shade?", "A clothes roller works best. Never wipe it wet, that leaves rings."),
        ("the shade has a dent on one side", "the switch on the cord clicks but nothing happens"),
        ("the light is so warm that we stopped using the ceiling lamp",),
    ),
    Item(
        "JS-CND1", "Soy Candle, cedar and smoke", "candle", "Home", 2800, 180, "candle", "#e7ddd2",
        (),
        (
            ("How strong is the cedar candle? I get headaches from perfume.",
             "It's a quiet one, more like a wood cabin than perfume. Our unscented one is the safest choice, though."),
            ("How many hours does the cedar candle burn?", "Around 45, if the wick is kept at half a centimetre."),
        ),
        ("My candle only burns down in the middle. What am I doing wrong?",
         "Let it burn until the whole top is liquid the first time, about two hours. A collar of foil rescues it now."),
        ("the glass arrived in three pieces", "the wick has drowned and won't stay lit"),
        ("the whole flat smells like a log cabin",),
    ),
    Item(
        "JS-PVR1", "Pour-Over Coffee Set", "coffee set", "Kitchen", 5400, 48, "coffee", "#e3d6c8",
        (),
        (
            ("Which filter papers fit the pour-over set?", "Size 02 cone papers, from any maker. Forty are in the box."),
            ("How many cups does the pour-over jug make?", "Two large or four small ones: it holds 600 ml."),
        ),
        ("How do I clean the brown film off the coffee jug?",
         "A denture tablet and hot water for twenty minutes. Really! It also gets into the spout."),
        ("the glass jug has a chip at the handle", "the filter papers weren't in the box"),
        ("my mornings are twice as long now, in a good way",),
    ),
    Item(
        "JS-HMK1", "Parachute Hammock", "hammock", "Camp", 6900, 83, "hammock", "#d3e4e6",
        ("Lake", "Ember"),
        (
            ("How far apart should the trees be for the hammock?",
             "Between 3 and 5 metres. The straps are 2.5 m each and kind to the bark."),
            ("Does the hammock hold two people?", "It does, up to 180 kg together. For sleeping I'd still take one each."),
        ),
        ("Can the hammock stay outside all summer?",
         "I'd take it in after use. Sun is what wears nylon out, more than rain."),
        ("one of the carabiners doesn't close", "a seam opened when I sat down"),
        ("I read a whole novel in it on the first weekend",),
    ),
    Item(
        "JS-HAT1", "Merino Beanie", "beanie", "Clothing", 2900, 0, "beanie", "#e6d5d0",
        ("Oat", "Ink", "Ember"),
        (
            ("Does the merino beanie fit a large head, 61 cm?", "It does, it stretches to 63 without losing its shape."),
            ("Is the beanie lined?", "No, a double knit: warm, but not bulky under a hood."),
        ),
        ("The beanie has become loose. Can I shrink it back?",
         "A 30 °C wash and drying it flat brings most of it back. Please don't try hot water, merino felts."),
        ("a thread is hanging loose at the crown", "it has a pale stain near the edge"),
        ("warm ears and no itching, finally",),
    ),
)
