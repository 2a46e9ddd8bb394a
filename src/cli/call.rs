//! `mps call`: one call, answered in this process.

use super::arguments::Call;
use super::{Misuse, Outcome, home, print};
use crate::engine::{Engine, Overrides};
use crate::message::{Charset, DEFAULT_SIGN, Field, Header, Request, Response};

pub(super) fn run(arguments: Call) -> Result<Outcome, Misuse> {
    let request = Request {
        charset: Charset::Gbk,
        header: Header {
            funid: arguments.funid.into(),
            sign: arguments.sign.as_deref().unwrap_or(DEFAULT_SIGN).into(),
        },
        body: fields(&arguments.fields)?,
    };
    let request = request.encode().map_err(Misuse::new)?;
    let overrides = Overrides {
        simulate: arguments.sim.then_some(true),
        region: arguments.region,
        ..Overrides::default()
    };
    let engine = Engine::open(&home(arguments.home)?, overrides);
    let answer = engine.answer(&request);
    for notice in &answer.notices {
        print::complain(&notice.to_string());
    }
    if let Some(refused) = engine.refused().filter(|_| engine.generation().is_some()) {
        print::complain(&format!("注意: 应答的不是保存的脚本，因为\n{refused}"));
    }
    let response = match Response::decode(&answer.bytes) {
        Ok(response) => response,
        Err(error) => {
            print::complain(&format!("返回报文读不出来: {error}"));
            return Ok(Outcome::No);
        }
    };
    print::text(&if arguments.json {
        print::for_programs(&response, answer.bytes.len(), None)
    } else {
        print::readable(&response)
    })?;
    Ok(if response.result == "0" {
        Outcome::Yes
    } else {
        Outcome::No
    })
}

/// `key=value` as fields. What is wrong is told by its place: the text may be a patient's.
fn fields(written: &[String]) -> Result<Vec<Field>, Misuse> {
    let field = |(index, text): (usize, &String)| {
        let place = index + 1;
        let (name, value) = text.split_once('=').ok_or_else(|| {
            Misuse::new(format!(
                "第 {place} 个字段没有等号，应写成 字段=值，例如 mdtrt_cert_type=03\n\
                 值里有空格时请加双引号，例如 \"name=张 三\""
            ))
        })?;
        if name.is_empty() {
            return Err(Misuse::new(format!(
                "第 {place} 个字段的等号前面没有字段名，应写成 字段=值"
            )));
        }
        Ok(Field {
            name: name.into(),
            value: value.into(),
            nested: false,
        })
    };
    written.iter().enumerate().map(field).collect()
}
