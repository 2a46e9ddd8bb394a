//! Files that are no scripts: saved in the wrong way or place, or not Lua.

use crate::desk::sample::FUNID;
use crate::told::{CARD, FUNID_FILE, changed, funid, refused, refused_text, snapshot};
use mps_client::script::{Generation, Limits, Tree};
use std::collections::BTreeMap;

#[test]
fn files_that_were_not_saved_as_they_should_be() {
    let (gbk, ..) = encoding_rs::GBK.encode(FUNID);
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(FUNID.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let bytes = FUNID.as_bytes();
    let hanzi = FUNID.find("凭证类型").expect("a title of hanzi");
    let mut zeros = bytes.to_vec();
    zeros[300..].fill(0);
    let cut = FUNID.find("\"name\"").expect("a field");
    let in_text = FUNID.find("姓名").expect("a title");
    snapshot(
        "files",
        &[
            ("saved as GBK", refused(&[(FUNID_FILE, &gbk)])),
            ("saved as UTF-16", refused(&[(FUNID_FILE, &utf16)])),
            (
                "neither UTF-8 nor GBK",
                refused(&[(FUNID_FILE, b"return mps.funid {\n title = \"\xff\xff\" }")]),
            ),
            ("empty", refused(&[(FUNID_FILE, b"")])),
            ("blank", refused(&[(FUNID_FILE, b"\r\n  \r\n")])),
            ("zeros alone", refused(&[(FUNID_FILE, &[0; 64])])),
            ("zeros behind", refused(&[(FUNID_FILE, &zeros)])),
            ("cut off between fields", refused(&[(FUNID_FILE, &bytes[..cut])])),
            ("cut off in a text", refused(&[(FUNID_FILE, &bytes[..in_text])])),
            (
                "cut off in a hanzi",
                refused(&[(FUNID_FILE, &bytes[..hanzi + 1])]),
            ),
            ("cut off before anything", refused(&[(FUNID_FILE, &bytes[..20])])),
        ],
    );
}

#[test]
fn a_byte_order_mark_moves_no_column() {
    let wrong = changed(FUNID, "from = \"id\"", "form = \"id\"");
    let marked = format!("\u{feff}{wrong}");
    assert_eq!(
        refused_text(FUNID_FILE, &marked),
        refused_text(FUNID_FILE, &wrong)
    );
    let first = "retrun mps.funid {}";
    assert_eq!(
        refused_text(FUNID_FILE, &format!("\u{feff}{first}")),
        refused_text(FUNID_FILE, first)
    );
}

#[test]
fn a_carriage_return_alone_ends_a_line() {
    let wrong = changed(FUNID, "from = \"id\"", "form = \"id\"");
    for ends in ["\r", "\r\r\n"] {
        let returned = wrong.replace('\n', ends);
        let told = refused_text(FUNID_FILE, &returned);
        let expected = refused_text(
            FUNID_FILE,
            &wrong.replace('\n', &ends.replace("\r\r", "\n").replace('\r', "\n")),
        );
        assert_eq!(told, expected);
    }
    let told = refused_text(FUNID_FILE, "-- 注释\r\rreturn \"");
    assert!(told.contains("第3行") && told.contains("return \""), "{told}");
    // Where nobody has read it from a file, the lines are Lua's own.
    let tree = Tree::of_files(BTreeMap::from([(
        "funids/X.lua".to_owned(),
        "-- 注释\r\rreturn \"".to_owned(),
    )]));
    let refused = Generation::build(&tree, None, Limits::default()).map(drop);
    assert!(refused.is_err_and(|errors| errors.to_string().contains("没有右引号")));
}

#[test]
fn full_width_punctuation() {
    snapshot(
        "full_width",
        &[
            (
                "comma",
                funid("title = \"卡号\" }", "title = \"卡号\"， block = true }"),
            ),
            ("quotes", funid("title = \"卡号\"", "title = “卡号”")),
            ("right quote", funid("title = \"卡号\"", "title = \"卡号”")),
            ("brackets", funid("mps.funid {", "mps.funid（{")),
            ("equals", funid("from = \"id\"", "from ＝ \"id\"")),
            ("semicolon", funid("\"card.read_card\",", "\"card.read_card\"；")),
            ("colon", funid("from = \"id\"", "from：\"id\"")),
            ("blank", funid("  by =", "\u{3000}by =")),
            ("no quotes at all", funid("title = \"卡号\"", "title = 卡号")),
            ("invisible", funid("by =", "\u{200b}by =")),
        ],
    );
}

#[test]
fn what_is_not_lua() {
    let code = |body: &str| refused_text(FUNID_FILE, &format!("local function f(a)\n{body}\nend\n{FUNID}"));
    snapshot(
        "syntax",
        &[
            (
                "a missing comma",
                funid("\"idcard_no\", from", "\"idcard_no\" from"),
            ),
            (
                "a missing comma behind a table",
                funid("title = \"卡号\" },", "title = \"卡号\" }"),
            ),
            ("a missing brace", funid("  by =", "  }, by =")),
            (
                "a missing brace at the end",
                refused_text(FUNID_FILE, FUNID.trim_end().trim_end_matches('}')),
            ),
            (
                "a missing end",
                refused_text(
                    FUNID_FILE,
                    &format!("local function f()\n  if x then\n  return 1\nend\n{FUNID}"),
                ),
            ),
            ("an unfinished text", funid("title = \"卡号\"", "title = \"卡号")),
            (
                "an unfinished long text",
                funid("title = \"卡号\"", "title = [[卡号"),
            ),
            ("an unfinished comment", funid("-- its value", "--[[ its value")),
            ("= for ==", code("if a = 1 then return end")),
            ("== for =", code("local b == 1")),
            ("!=", code("if a != 1 then return end")),
            ("&&", code("if a && b then return end")),
            ("||", code("return a || b")),
            ("else if", code("if a then return 1 else if b then return 2 end")),
            ("an end too many", code("end")),
            ("a number with letters", code("return 12ab")),
            ("a backslash", code("return \"C:\\SSCard\"")),
            ("a constant", code("local b <const> = 1 b = 2")),
            ("an unknown word", funid("return", "retrun")),
            ("a colon in a table", funid("by =", "by :")),
            (
                "behind the end",
                refused_text(FUNID_FILE, &format!("{FUNID}\nlocal x = 1")),
            ),
        ],
    );
}

#[test]
fn files_that_nothing_would_find() {
    let base = "local x = 1";
    snapshot(
        "places",
        &[
            (
                "a folder misspelt",
                refused_text("scripts/funid/N04.00.00.01.lua", FUNID),
            ),
            (
                "a layer misspelt",
                refused_text("scripts/region/350200/funids/N04.00.00.01.lua", FUNID),
            ),
            (
                "a code cut short",
                refused_text("scripts/regions/35020/funids/N04.00.00.01.lua", FUNID),
            ),
            (
                "a region's folder misspelt",
                refused_text("scripts/regions/350200/device/card.lua", CARD),
            ),
            (
                "a region's file without a folder",
                refused_text("scripts/regions/card.lua", CARD),
            ),
            (
                "a declaration in no folder",
                refused_text("scripts/N04.00.00.01.lua", FUNID),
            ),
            (
                "a declaration in an unknown folder",
                refused_text("scripts/others/N04.00.00.01.lua", FUNID),
            ),
            (
                "a folder below a folder",
                refused_text("scripts/funids/N04/N04.00.00.01.lua", FUNID),
            ),
            (
                "a copy",
                refused_text("scripts/funids/N04.00.00.01 - 副本.lua", base),
            ),
            (
                "a full-width name",
                refused_text("scripts/funids/Ｎ04.00.00.01.lua", base),
            ),
        ],
    );
}
