//! `mps.id`: citizens' identity numbers (GB 11643).

use super::check::Arguments;
use super::dates::Date;
use super::list::{Example, Function, Parameter, Returned, Type};
use mlua::{IntoLuaMulti, Lua, MultiValue, Result};

const NUMBER: &[Parameter] = &[Parameter::needed(
    "id_no",
    Type::Text,
    "身份证号，15位或18位，末位x不分大小写",
)];

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "mps.id.check",
        meaning: "检查身份证号：位数、出生日期、18位号码的校验码。",
        parameters: NUMBER,
        results: &[
            Returned::new("boolean", "right", "是否正确"),
            Returned::new("string?", "why", "不正确时的原因，不含号码本身"),
        ],
        example: Example::new(r#"mps.id.check("99000019980101001X")"#, "false"),
        call: check,
    },
    Function {
        name: "mps.id.upgrade",
        meaning: "15位身份证号变成18位；已是18位的只把末位x变大写；不正确的给nil。",
        parameters: NUMBER,
        results: &[Returned::new("string?", "id_no", "18位身份证号")],
        example: Example::new(r#"#mps.id.upgrade("990000980101001")"#, "18"),
        call: upgrade,
    },
    Function {
        name: "mps.id.birthday",
        meaning: "身份证号中的出生日期；号码不正确时给nil。",
        parameters: NUMBER,
        results: &[Returned::new("string?", "date", "例如\"1998-01-01\"")],
        example: Example::new(r#"mps.id.birthday("990000980101001")"#, "\"1998-01-01\""),
        call: birthday,
    },
    Function {
        name: "mps.id.sex",
        meaning: "身份证号中的性别；号码不正确时给nil。",
        parameters: NUMBER,
        results: &[Returned::new("string?", "sex", "\"1\"男，\"2\"女")],
        example: Example::new(r#"mps.id.sex("990000980101001")"#, "\"1\""),
        call: sex,
    },
];

/// Weights of the first seventeen digits, and the check characters by remainder.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];

/// A right number, in its eighteen characters.
struct Number {
    text: String,
    birthday: Date,
    male: bool,
}

impl Number {
    fn read(text: &str) -> std::result::Result<Number, &'static str> {
        let body = match text.len() {
            18 => text.get(..17).unwrap_or_default().to_owned(),
            15 => format!(
                "{}19{}",
                text.get(..6).unwrap_or_default(),
                text.get(6..).unwrap_or_default()
            ),
            _ => return Err("身份证号应为15位或18位"),
        };
        let digits: Option<Vec<u32>> = body.chars().map(|c| c.to_digit(10)).collect();
        let digits = digits.filter(|digits| digits.len() == WEIGHTS.len() && digits.first() != Some(&0));
        let digits = digits.ok_or("身份证号应为数字，只有末位可以是X，首位不是0")?;
        let birthday = Date::from_digits(body.get(6..14).unwrap_or_default());
        let birthday = birthday.ok_or("身份证号中的出生日期不存在")?;
        let sum: u32 = digits
            .iter()
            .zip(WEIGHTS)
            .map(|(digit, weight)| digit * weight)
            .sum();
        let check = CHECKS
            .get(sum as usize % CHECKS.len())
            .copied()
            .unwrap_or_default();
        if text.len() == 18 && !text.ends_with([check, check.to_ascii_lowercase()]) {
            return Err("身份证号的校验码不对，可能有一位输错");
        }
        Ok(Number {
            text: format!("{body}{check}"),
            birthday,
            male: digits.last().is_some_and(|digit| digit % 2 == 1),
        })
    }
}

fn check(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    match Number::read(&arguments.text(0)?) {
        Ok(_) => true.into_lua_multi(lua),
        Err(why) => (false, why).into_lua_multi(lua),
    }
}

fn upgrade(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let number = Number::read(&arguments.text(0)?).ok();
    number.map(|number| number.text).into_lua_multi(lua)
}

fn birthday(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let number = Number::read(&arguments.text(0)?).ok();
    number
        .map(|number| number.birthday.to_string())
        .into_lua_multi(lua)
}

fn sex(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let number = Number::read(&arguments.text(0)?).ok();
    number
        .map(|number| if number.male { "1" } else { "2" })
        .into_lua_multi(lua)
}
