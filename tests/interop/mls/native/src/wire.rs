//! One MessagePack map a message, with string keys.

use crate::{failed, Result};
use rmpv::Value;

pub type Fields = Vec<(Value, Value)>;

/// `fields!{"t" => "ping", "ack" => 3}` is a map.
#[macro_export]
macro_rules! fields {
    ($($key:expr => $value:expr),* $(,)?) => {
        vec![$((rmpv::Value::from($key), rmpv::Value::from($value))),*]
    };
}

pub fn bytes(value: impl AsRef<[u8]>) -> Value {
    Value::Binary(value.as_ref().to_vec())
}

pub fn encode(fields: Fields) -> Vec<u8> {
    let mut out = vec![];
    rmpv::encode::write_value(&mut out, &Value::Map(fields)).expect("memory takes it");
    out
}

/// A map that was received.
#[derive(Clone, Debug)]
pub struct Message(Value);

impl Message {
    pub fn decode(mut from: &[u8]) -> Result<Self> {
        let value = rmpv::decode::read_value(&mut from).map_err(failed("MessagePack"))?;
        if value.is_map() {
            Ok(Message(value))
        } else {
            Err("not a map".into())
        }
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        let map = self.0.as_map()?;
        map.iter()
            .find(|(k, _)| k.as_str() == Some(key))
            .map(|(_, value)| value)
    }

    pub fn text(&self, key: &str) -> &str {
        self.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn uint(&self, key: &str) -> Result<u64> {
        self.get(key)
            .and_then(Value::as_u64)
            .ok_or(format!("no {key}"))
    }

    pub fn bytes(&self, key: &str) -> Result<Vec<u8>> {
        self.get(key)
            .and_then(Value::as_slice)
            .map(<[u8]>::to_vec)
            .ok_or(format!("no {key}"))
    }

    pub fn maps(&self, key: &str) -> Vec<Message> {
        let list = self.get(key).and_then(Value::as_array);
        list.into_iter().flatten().cloned().map(Message).collect()
    }
}
