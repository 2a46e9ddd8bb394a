//! Every shape of vendors' functions: the table of `tests/shapes`, served by fakes of vendors' libraries, and by simulations;
//! and the declarations that cannot be right.

mod desk;
#[path = "shapes/table.rs"]
mod table;

use desk::Desk;
use mps_client::engine::{Engine, Overrides};
use mps_client::message::Response;
use table::{DEVICE, FUNID, SHAPES, Shape, request};

fn script(shape: &Shape) -> String {
    let path = format!("{}/tests/shapes/{}.lua", env!("CARGO_MANIFEST_DIR"), shape.script);
    std::fs::read_to_string(&path).expect(&path)
}

fn desk(shape: &Shape) -> Desk {
    let desk = Desk::new(&format!("[device.{DEVICE}]\nfolder = 'vendor'\ntimeout = 10\n"));
    for fake in shape.libraries {
        desk.install(fake.source, &format!("lib{}.so", fake.stem));
    }
    desk.write(&format!("scripts/devices/{DEVICE}.lua"), &script(shape));
    desk.write(&format!("scripts/funids/{FUNID}.lua"), &shape.funid());
    desk
}

fn call(engine: &Engine, number: usize) -> Response {
    let answer = engine.answer(request(number).as_bytes());
    Response::decode(&answer.bytes).expect("a well-formed response")
}

#[test]
fn every_shape_of_function_is_declared_and_called() {
    for shape in SHAPES {
        let desk = desk(shape);
        let engine = Engine::open(desk.home(), Overrides::default());
        for (number, (method, expected)) in shape.cases.iter().enumerate() {
            let response = call(&engine, number);
            let about = format!("{}.{method}: {}", shape.script, response.msg);
            match expected {
                Err(part) => {
                    assert_eq!(response.result, "-1", "{about}");
                    assert!(response.msg.contains(part), "{about}");
                }
                Ok(fields) => {
                    assert_eq!(response.result, "0", "{about}");
                    let values = response.body.iter().map(|field| field.value.as_str());
                    let expected = fields.iter().map(|(_, value)| *value).chain(["-"]);
                    assert_eq!(
                        values.collect::<Vec<_>>(),
                        expected.collect::<Vec<_>>(),
                        "{about}"
                    );
                }
            }
        }
    }
}
