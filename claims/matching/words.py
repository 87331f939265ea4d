"""Words that say little about which story is meant, and names that say the same. Lower case, English."""

import re

# Common in news whatever it is about. A young desk has too few pages to learn this from, and would take them for rare.
_COMMON = """
able accept according account across act action add added address adds admit again against agency ago agree aim air
allege allow almost alone along already also although always amid among amount announce annual another answer any
anyone anything appear approach april area argue around arrive article ask asked august authority available away back
bad base based become began begin behind believe believed best better big bill bit block board body book both break
bring brought build building built business call called came campaign can cannot car care carry case cause center
central centre certain chairman chance change charge chief child children city claim claimed clear close come comes
coming comment committee common community company concern condition confirm consider continue control cost could
country couple course court cover create current cut daily data date day days deal death december decide decision
declare declined defend demand deny department despite detail develop did die died different difficult direct director
discuss do does doing done door down draw drive due during each earlier early earn east easy economy effect effort
eight either election eleven else employ end enough enter entire especially even evening event ever every everyone
everything evidence example except executive expect expert explain face fact fail fall family far father february feel
felt few fifth fifty figure fill final finally find fine first five follow force foreign form former forward found
four free friday friend from front full fully fund further future game gave general get girl give given go goal going
gone good got government great ground group grow growth guy had half hand happen hard head health hear heard held help
her here high him his history hit hold home hope hour hours house how however huge human hundred husband idea image
immediately impact important include including increase indeed information inside instead interest international
interview investigate issue january job join july june just keep kept key kill kind knew know known large last late
later latest law lawyer lead leader learn least leave led left legal less let letter level life light like likely
limit line list listen little live local long look lose lost lot love low made mail main major make man manage many
march mark market matter may maybe mean measure media meet meeting member men mention message might military million
mind minister minute miss moment monday money month more morning most mother move much must name nation national near
nearly necessary need never new news newspaper next night nine nobody none north not note nothing november now number
numerous october off offer office officer official often old once one online only open operation opinion opposition
option order organisation organization other others our out outside over own page paid paper parent part particular
party pass past pay people per percent perhaps period person photo picture place plan play point police policy
political poor position possible post power prepare present president press pressure pretty prevent price prime
private probably problem process produce product program programme project promise prove provide public publish pull
push put question quick quite raise ran range rate rather reach read ready real reality really reason receive recent
recently record red reduce refer refuse regard region regular reject release remain remember reply report reported
reportedly reporter request require research respond response rest result return reveal right rise risk road role room
rule run said same saturday save saw say saying says scene school season seat second secret secretary section see seek
seem seen sell senate send senior sense sent separate september series serious service set seven several share she
short should show shown side sign similar simple simply since single site situation six small social some someone
something soon sort source south speak special spend spoke spokesman spokesperson spokeswoman staff stage stand
standard start state stated statement stay step still stop store story street strong student study subject such
suggest summer sunday support sure surprise suspect system take taken talk team tell ten term test than thank that
their them then there these they thing think third thirty this thought thousand three through thursday time times
today together told tomorrow tonight too took top total toward town trade tried true try tuesday turn twelve twenty
twice two type under understand until upon use used user using usual value various very video view visit voice vote
wait walk want war warn watch way website wednesday week weekend well went were west what when where whether which
while white who whole whose why wide wife will win wish with within without witness woman women wonder word words work
worker world would write writer written wrong wrote year years yes yesterday yet young
"""
COMMON_WORDS = tuple(dict.fromkeys(re.findall(r"[a-z]+", _COMMON)))

# Lexemes (as the English search configuration makes them) by which one state is named.
SAME_NAMES: tuple[frozenset[str], ...] = tuple(
    frozenset(line.split())
    for line in (
        "us u.s u.s.a usa america american washington",
        "uk u.k britain british london",
        "russia russian moscow kremlin",
        "ukrain ukrainian kyiv kiev",
        "china chines beij",
        "iran iranian tehran",
        "iraq iraqi baghdad",
        "israel isra",
        "palestin palestinian gaza",
        "syria syrian damascus",
        "turkey turkish türkiy ankara",
        "germani german berlin",
        "franc french pari",
        "itali italian rome",
        "spain spanish madrid",
        "portug portugues lisbon",
        "poland polish warsaw",
        "hungari hungarian budapest",
        "greec greek athen",
        "sweden swedish stockholm",
        "norway norwegian oslo",
        "finland finnish helsinki",
        "denmark danish copenhagen",
        "netherland dutch hagu",
        "belgium belgian",
        "switzerland swiss bern",
        "austria austrian vienna",
        "ireland irish dublin",
        "india indian delhi",
        "pakistan pakistani islamabad",
        "afghanistan afghan kabul taliban",
        "japan japanes tokyo",
        "korea korean",
        "australia australian canberra",
        "canada canadian ottawa",
        "mexico mexican",
        "brazil brazilian brasília",
        "argentina argentin argentinian",
        "venezuela venezuelan caraca",
        "cuba cuban havana",
        "egypt egyptian cairo",
        "libya libyan tripoli",
        "nigeria nigerian",
        "kenya kenyan nairobi",
        "ethiopia ethiopian",
        "sudan sudanes khartoum",
        "saudi riyadh",
        "yemen yemeni houthi",
        "lebanon lebanes beirut",
        "eu e.u european brussel",
    )
)
