//! `mps.date`: the many ways to write a day.

use super::check::Arguments;
use super::list::{Example, Function, Parameter, Returned, Type};
use mlua::{IntoLuaMulti, Lua, MultiValue, Result, Value};
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

const PATTERN: &str =
    "yyyy、mm、dd是补足位数的年月日，m、d不补零，yyy是民国年（三位），HH、MM、SS是时分秒，其余照写";

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "mps.date.parse",
        meaning: "把各种写法的日期读成\"1998-01-01\"。不写pattern时认得19980101、1998-1-1、1998.01.01、1998/01/01、\
                  1998年1月1日，后面跟着的时间不要；不是日期或日期不存在时给nil和原因。",
        parameters: &[
            Parameter::needed("text", Type::Text, "日期的文字"),
            Parameter::optional(
                "pattern",
                Type::Text,
                "写法，例如民国日期\"yyymmdd\"；字母的含义见mps.date.format",
            ),
        ],
        results: &[
            Returned::new("string?", "date", "例如\"1998-01-01\""),
            Returned::new("string?", "why", "不是日期时的原因"),
        ],
        example: Example::new(r#"mps.date.parse("0870101", "yyymmdd")"#, "\"1998-01-01\""),
        call: parse,
    },
    Function {
        name: "mps.date.format",
        meaning: "把\"1998-01-01\"或\"1998-01-01 09:30:00\"写成别的样子。",
        parameters: &[
            Parameter::needed("date", Type::Text, "mps.date.parse或mps.date.now的结果"),
            Parameter::needed("pattern", Type::Text, PATTERN),
        ],
        results: &[Returned::new("string", "text", "日期的文字")],
        example: Example::new(
            r#"mps.date.format("1998-01-01", "yyyy年m月d日")"#,
            "\"1998年1月1日\"",
        ),
        call: format,
    },
    Function {
        name: "mps.date.now",
        meaning: "现在的北京时间。",
        parameters: &[],
        results: &[Returned::new("string", "time", "例如\"1998-01-01 09:30:00\"")],
        example: Example::shown(r#"mps.date.format(mps.date.now(), "yyyymmddHHMMSS")"#),
        call: now,
    },
];

/// A day that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    year: u32,
    month: u32,
    day: u32,
}

impl Date {
    fn new(year: u32, month: u32, day: u32) -> Option<Date> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 => 28 + u32::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        let exists = (1..=9999).contains(&year) && (1..=days).contains(&day);
        exists.then_some(Date { year, month, day })
    }

    /// Eight digits, year first.
    pub(super) fn from_digits(text: &str) -> Option<Date> {
        let number = |range| -> Option<u32> { digits(text.get(range)?) };
        let date = Date::new(number(0..4)?, number(4..6)?, number(6..8)?);
        date.filter(|_| text.len() == 8)
    }

    /// Days since 1970-01-01 as a day of the calendar.
    fn from_days(days: u64) -> Option<Date> {
        // Years that begin in March end in the leap day, and months then have a regular length.
        let days = days + 719_468;
        let era = days / 146_097;
        let of_era = days % 146_097;
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        let small = |number: u64| u32::try_from(number).ok();
        Date::new(small(year)?, small(month)?, small(day)?)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Date { year, month, day } = self;
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// A day and, where it is known, the time: hours, minutes, seconds.
struct Moment {
    date: Date,
    time: [u32; 3],
}

fn parse(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let (text, pattern) = (arguments.text(0)?, arguments.text(1)?);
    let text = text.trim();
    let date = if pattern.is_empty() {
        free(text)
    } else {
        patterned(text, &pieces(&pattern))
    };
    match date {
        Some(date) => date.to_string().into_lua_multi(lua),
        None => (Value::Nil, "不是日期，或日期不存在").into_lua_multi(lua),
    }
}

fn format(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let (text, pattern) = (arguments.text(0)?, arguments.text(1)?);
    let wrong = || arguments.error("date应为\"1998-01-01\"或\"1998-01-01 09:30:00\"，先用mps.date.parse转换");
    let moment = Moment::read(&text).ok_or_else(wrong)?;
    let mut written = String::new();
    for piece in pieces(&pattern) {
        let written_piece = moment.write(piece);
        let before = || arguments.error("民国元年以前的日期不能写成yyy");
        written.push_str(&written_piece.ok_or_else(before)?);
    }
    written.into_lua_multi(lua)
}

fn now(lua: &Lua, _: &Arguments) -> Result<MultiValue> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // China has one time zone and no summer time.
    let seconds = since.as_secs() + 8 * 3600;
    let date = Date::from_days(seconds / 86_400).map(|date| date.to_string());
    let of_day = seconds % 86_400;
    let (hours, minutes, seconds) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let date = date.unwrap_or_default();
    format!("{date} {hours:02}:{minutes:02}:{seconds:02}").into_lua_multi(lua)
}

/// A date in any of the usual ways: a run of at least eight digits, or three runs between separators.
fn free(text: &str) -> Option<Date> {
    let first = text
        .split(|c: char| !c.is_ascii_digit())
        .next()
        .unwrap_or_default();
    if matches!(first.len(), 8 | 14) {
        return Date::from_digits(first.get(..8)?);
    }
    let mut numbers = Vec::new();
    let mut rest = text;
    for (separators, most) in [(&['-', '.', '/', '年'][..], 4), (&['-', '.', '/', '月'], 2)] {
        let (number, after) = rest.split_once(separators)?;
        numbers.push(digits(number).filter(|_| number.len() <= most)?);
        rest = after;
    }
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (day, after) = rest.split_at(end);
    let ends = after.is_empty() || after.starts_with([' ', 'T', '日']);
    numbers.push(digits(day).filter(|_| ends && day.len() <= 2)?);
    match numbers[..] {
        [year, month, day] if year > 999 => Date::new(year, month, day),
        _ => None,
    }
}

fn digits(text: &str) -> Option<u32> {
    let all = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| all)
}

/// One piece of a pattern: a run of one of its letters, or any other character.
#[derive(Clone, Copy)]
struct Piece<'a>(&'a str);

fn pieces(pattern: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            'y' | 'm' | 'd' | 'H' | 'M' | 'S' => rest.find(|c| c != first).unwrap_or(rest.len()),
            other => other.len_utf8(),
        };
        let (piece, after) = rest.split_at(end);
        pieces.push(Piece(piece));
        rest = after;
    }
    pieces
}

fn patterned(text: &str, pieces: &[Piece]) -> Option<Date> {
    let (mut year, mut month, mut day) = (None, None, None);
    let mut rest = text;
    for Piece(piece) in pieces {
        let (length, into) = match *piece {
            "yyyy" | "yyy" => (piece.len(), Some(&mut year)),
            "mm" | "dd" => (2, Some(if *piece == "mm" { &mut month } else { &mut day })),
            "m" | "d" => {
                let run = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
                (run, Some(if *piece == "m" { &mut month } else { &mut day }))
            }
            "HH" | "MM" | "SS" => (2, None),
            literal => {
                rest = rest.strip_prefix(literal)?;
                continue;
            }
        };
        let (number, after) = rest.split_at_checked(length)?;
        let number = digits(number)?;
        if let Some(into) = into {
            *into = Some(if *piece == "yyy" { number + 1911 } else { number });
        }
        rest = after;
    }
    Date::new(year?, month?, day?).filter(|_| rest.is_empty())
}

impl Moment {
    fn read(text: &str) -> Option<Moment> {
        let (date, time) = text.split_once(' ').unwrap_or((text, "00:00:00"));
        let time: Option<Vec<u32>> = time.split(':').map(digits).collect();
        let time: [u32; 3] = time?.try_into().ok()?;
        let [hours, minutes, seconds] = time;
        let date = patterned(date, &pieces("yyyy-mm-dd"))?;
        (hours < 24 && minutes < 60 && seconds < 60).then_some(Moment { date, time })
    }

    /// A piece filled in; `None` where it has no value.
    fn write(&self, Piece(piece): Piece) -> Option<String> {
        let Moment { date, time } = self;
        let [hours, minutes, seconds] = time;
        Some(match piece {
            "yyyy" => format!("{:04}", date.year),
            "yyy" => format!("{:03}", date.year.checked_sub(1911).filter(|year| *year > 0)?),
            "mm" => format!("{:02}", date.month),
            "dd" => format!("{:02}", date.day),
            "m" => date.month.to_string(),
            "d" => date.day.to_string(),
            "HH" => format!("{hours:02}"),
            "MM" => format!("{minutes:02}"),
            "SS" => format!("{seconds:02}"),
            literal => literal.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        let date = |days| Date::from_days(days).expect("a day").to_string();
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(11_016), "2000-02-29");
        assert_eq!(date(20_089), "2025-01-01");
        assert_eq!(date(47_540), "2100-02-28");
        assert_eq!(date(47_541), "2100-03-01");
    }
}
