//! Mistakes in one layer over another.

use crate::desk::sample::FUNID;
use crate::told::{CARD, CARD_FILE, FUNID_FILE, changed, failed_files, refused, refused_text, snapshot};

#[test]
fn layers_are_told_apart_and_every_file_is_heard() {
    let wrong = changed(FUNID, "from = \"id\"", "form = \"id\"");
    let other = changed(CARD, "timeout = 30", "timeout = 0");
    let (wrong, other) = (wrong.as_bytes(), other.as_bytes());
    snapshot(
        "layers",
        &[
            (
                "a city",
                refused(&[("scripts/regions/350200/funids/N04.00.00.01.lua", wrong)]),
            ),
            (
                "this hospital",
                refused(&[("scripts/site/funids/N04.00.00.01.lua", wrong)]),
            ),
            (
                "two files that cannot be read",
                refused(&[(FUNID_FILE, b"\xff\xfe"), (CARD_FILE, b"\0\0")]),
            ),
            ("two files", refused(&[(FUNID_FILE, wrong), (CARD_FILE, other)])),
        ],
    );
}

/// What is told of a city's file that says only what differs from the base.
#[test]
fn what_a_layer_may_not_say_over_its_base() {
    let city = |code: &str| {
        refused_text(
            "scripts/regions/350200/funids/N04.00.00.01.lua",
            &format!("local f = mps.base()\n{code}\nreturn f\n"),
        )
    };
    let wrong_base = changed(FUNID, "from = \"cardnum\"", "from = \"cardnun\"");
    let over = "local f = mps.base()\nf.title = \"病人信息\"\nreturn f\n";
    let mapped = |code: &str| {
        changed(
            FUNID,
            "from = \"cardnum\",",
            &format!("from = \"cardnum\", map = {code},"),
        )
    };
    let site = "scripts/site/funids/N04.00.00.01.lua";
    let own = "local f = mps.base()\nf[\"03\"].response.name.map = function(v)\n  return nil\nend\nreturn f";
    snapshot(
        "over_the_base",
        &[
            (
                "a source that the device does not give",
                city("f[\"03\"].response.card_no.from = \"cardnun\""),
            ),
            (
                "an unknown key",
                city("f[\"03\"].response.card_no.form = \"cardnum\""),
            ),
            ("a wrong type", city("f[\"03\"].response.name.map = \"trim\"")),
            (
                "a field of a new entry",
                city("f[\"03\"].response.sex = {\n  from = \"sexx\", title = \"性别\" }"),
            ),
            (
                "a field that the base does not have",
                city("f[\"03\"].response.card_num.from = \"cardnum\""),
            ),
            (
                "a way that the base does not have",
                city("f[\"02\"].call = \"card.read_card\""),
            ),
            (
                "a key written twice",
                city("f[\"03\"].response.sex = { from = \"id\", from = \"name\", title = \"性别\" }"),
            ),
            (
                "not returned",
                refused_text("scripts/site/funids/N04.00.00.01.lua", "local f = mps.base()\n"),
            ),
            (
                "no base at all",
                refused_text("scripts/site/funids/N05.lua", "return mps.base()\n"),
            ),
            (
                "a function of the base that fails",
                failed_files(&[
                    (FUNID_FILE, &mapped("function(v) return v.x.y end")),
                    (site, over),
                ]),
            ),
            (
                "a function of the base that returns nothing",
                failed_files(&[(FUNID_FILE, &mapped("function(v) end")), (site, over)]),
            ),
            (
                "a function of its own that returns nothing",
                failed_files(&[(site, own)]),
            ),
            (
                "a mistake of the base",
                refused(&[
                    (FUNID_FILE, wrong_base.as_bytes()),
                    ("scripts/site/funids/N04.00.00.01.lua", over.as_bytes()),
                ]),
            ),
            (
                "a base that is not Lua",
                refused(&[
                    (FUNID_FILE, b"return mps.funid {"),
                    ("scripts/site/funids/N04.00.00.01.lua", over.as_bytes()),
                ]),
            ),
        ],
    );
}
