//! Lua that is no declaration.

use crate::desk::sample::FUNID;
use crate::told::{FUNID_FILE, SIMULATED, SIMULATED_FILE, card, changed, funid, refused_text, snapshot};

#[test]
fn what_no_declaration_may_say() {
    let extra = "from = \"id\", \"cardnum\"";
    snapshot(
        "declarations",
        &[
            ("an unknown key", funid("from = \"id\"", "form = \"id\"")),
            (
                "an unknown key far from all",
                funid("from = \"id\"", "from = \"id\", length = 3"),
            ),
            ("a wrong type", funid("required = true", "required = \"yes\"")),
            (
                "a text for a table",
                funid("call = \"card.read_card\"", "call = { \"card.read_card\" }"),
            ),
            (
                "a name that no message can hold",
                funid("\"card_no\"", "\"card no\""),
            ),
            ("no name at all", funid("\"card_no\",", "")),
            (
                "a missing title",
                funid("from = \"cardnum\",  title = \"卡号\"", "from = \"cardnum\""),
            ),
            ("a field declared twice", funid("\"card_no\"", "\"name\"")),
            (
                "a key written twice",
                funid("from = \"id\",", "from = \"id\", from = \"cardnum\","),
            ),
            ("a way written twice", funid("[\"01\"] = {\n", "[\"03\"] = {\n")),
            ("a field without a source", funid("from = \"cardnum\",", "")),
            (
                "a field with two sources",
                funid("from = \"cardnum\",", "from = \"cardnum\", value = \"x\","),
            ),
            (
                "a source that the device does not give",
                funid("from = \"cardnum\"", "from = \"cardnun\""),
            ),
            (
                "a device that does not exist",
                funid("card.read_card", "crad.read_card"),
            ),
            (
                "a method that does not exist",
                funid("card.read_card", "card.read"),
            ),
            ("no device at all", funid("card.read_card", "read_card")),
            (
                "a way for a value that is not allowed",
                funid("[\"03\"] = {", "[\"02\"] = {"),
            ),
            (
                "a value without a way",
                funid(
                    "[\"03\"] = \"社会保障卡\"",
                    "[\"03\"] = \"社会保障卡\", [\"04\"] = \"护照\"",
                ),
            ),
            (
                "a value as a number",
                funid("[\"03\"] = \"社会保障卡\"", "[3] = \"社会保障卡\""),
            ),
            ("an item too many", funid("from = \"id\"", extra)),
            (
                "a way chosen by nothing",
                funid("by = \"mdtrt_cert_type\"", "by = \"mdtrt_cert\""),
            ),
            ("another kind", funid("mps.funid", "mps.library")),
            ("an unknown kind", funid("mps.funid", "mps.funit")),
            ("not returned", funid("return mps.funid", "mps.funid")),
            ("a plain table", funid("return mps.funid", "return")),
            ("something else returned", refused_text(FUNID_FILE, "return 42")),
            ("comments alone", refused_text(FUNID_FILE, "-- later\n")),
            (
                "a nil global",
                refused_text(FUNID_FILE, &format!("local y = prnt\n{FUNID}")),
            ),
            (
                "a global assigned",
                refused_text(FUNID_FILE, &format!("x = 1\n{FUNID}")),
            ),
            (
                "built by code",
                refused_text(
                    FUNID_FILE,
                    "local fields = {}\nfields[1] = { \"x\", form = \"id\", title = \"甲\" }\n\
                     return mps.funid { title = \"功能\", call = \"card.read_card\", response = fields }",
                ),
            ),
        ],
    );
}

#[test]
fn what_no_device_may_say() {
    let simulated = |from: &str, to: &str| refused_text(SIMULATED_FILE, &changed(SIMULATED, from, to));
    snapshot(
        "devices",
        &[
            ("an unknown parameter type", card("\"str port\"", "\"strr port\"")),
            ("an out buffer without a size", card("out[4096] info", "out info")),
            (
                "a wrong default",
                card("default = \"USB1\"", "default = { \"USB1\" }"),
            ),
            ("a wrong time limit", card("timeout = 30", "timeout = \"30\"")),
            (
                "an unknown setting",
                card("{ setting = \"port\" }", "{ setting = \"prot\" }"),
            ),
            (
                "an undeclared request field",
                card("{ setting = \"port\" }", "{ request = \"port_no\" }"),
            ),
            ("an unknown function", card("\"SSC_Open\", {", "\"SSC_Opne\", {")),
            (
                "too many inputs",
                card("{ \"SSC_Close\" }", "{ \"SSC_Close\", 1 }"),
            ),
            ("a numbered function", card("    SSC_Open     =", "    [1] =")),
            ("an error code written twice", card("[-2]  =", "[-1]  =")),
            (
                "a simulated function of the wrong shape",
                simulated("{ returns = 0 }", "0"),
            ),
            (
                "a simulated function that returns the wrong type",
                simulated("returns = 0", "returns = \"0\""),
            ),
            (
                "a simulated function without a return value",
                simulated("{ returns = 0 }", "{ }"),
            ),
            (
                "a simulated out buffer that does not exist",
                simulated("info =", "inof ="),
            ),
            (
                "a simulated function that does not exist",
                simulated("SSC_Open ", "SSC_Opem "),
            ),
            (
                "a simulated device that does not exist",
                refused_text("scripts/simulated/crad.lua", SIMULATED),
            ),
        ],
    );
}
