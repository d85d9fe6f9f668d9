//! Two allocations of the TURN client of webrtc-rs talk to each other (contract: ../README.md).

use serde_json::{json, Value};
use std::collections::HashSet;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::UdpSocket;
use turn::client::{Client, ClientConfig};
use webrtc_util::Conn;

type Failure = (&'static str, String);
type Relay = Arc<dyn Conn + Send + Sync>;

struct End {
    client: Client,
    relay: Relay,
    address: SocketAddr,
    heard: Arc<Mutex<HashSet<u64>>>,
}

impl End {
    async fn allocate(ask: &Value, user: &Value) -> Result<End, String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let server = format!("{}:{}", text(&ask["host"]), ask["port"]);
        let socket = UdpSocket::bind("0.0.0.0:0")
            .await
            .map_err(|e| e.to_string())?;
        let config = ClientConfig {
            stun_serv_addr: server.clone(),
            turn_serv_addr: server,
            username: text(&user["username"]),
            password: text(&user["password"]),
            realm: String::new(),
            software: String::new(),
            rto_in_ms: 0,
            conn: Arc::new(socket),
            vnet: None,
        };
        let client = Client::new(config).await.map_err(|e| e.to_string())?;
        client.listen().await.map_err(|e| e.to_string())?;
        let relay: Relay = Arc::new(client.allocate().await.map_err(|e| e.to_string())?);
        let address = relay.local_addr().map_err(|e| e.to_string())?;
        let heard = Arc::new(Mutex::new(HashSet::new()));
        let (from, into) = (relay.clone(), heard.clone());
        tokio::spawn(async move {
            let mut buffer = [0; 2048];
            while let Ok((length, _)) = from.recv_from(&mut buffer).await {
                if length >= 4 {
                    let number = u32::from_be_bytes([buffer[0], buffer[1], buffer[2], buffer[3]]);
                    into.lock().unwrap().insert(u64::from(number));
                }
            }
        });
        Ok(End {
            client,
            relay,
            address,
            heard,
        })
    }

    async fn send(&self, to: &End, number: u64) -> Result<(), String> {
        let mut packet = [0; 100];
        packet[..4].copy_from_slice(&(number as u32).to_be_bytes());
        let sent = self.relay.send_to(&packet, to.address).await;
        sent.map(|_| ()).map_err(|e| e.to_string())
    }

    fn has(&self, number: u64) -> bool {
        self.heard.lock().unwrap().contains(&number)
    }
}

/// Both sides send until both have heard: the first is not permitted yet.
async fn open_path(a: &End, b: &End) -> Result<(), String> {
    while !(a.has(0) && b.has(0)) {
        a.send(b, 0).await?;
        b.send(a, 0).await?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

async fn timed<T>(
    ask: &Value,
    result: &mut Value,
    step: &'static str,
    work: impl Future<Output = Result<T, String>>,
) -> Result<T, Failure> {
    let begun = Instant::now();
    let limit = Duration::from_millis(ask["timeout_ms"].as_u64().unwrap_or(15_000));
    let done = tokio::time::timeout(limit, work).await;
    result["steps"][step] = json!(begun.elapsed().as_secs_f64() * 1e3);
    match done {
        Ok(answer) => answer.map_err(|text| (step, text)),
        Err(_) => Err((step, "timeout".into())),
    }
}

async fn run(ask: &Value, result: &mut Value) -> Result<(), Failure> {
    let a = timed(ask, result, "allocate", End::allocate(ask, &ask["a"])).await?;
    let b = timed(ask, result, "allocate", End::allocate(ask, &ask["b"])).await?;
    timed(ask, result, "open", open_path(&a, &b)).await?;
    let count = ask["count"].as_u64().unwrap_or(0);
    let interval = Duration::from_millis(ask["interval_ms"].as_u64().unwrap_or(10));
    for number in 1..=count {
        for (from, to) in [(&a, &b), (&b, &a)] {
            from.send(to, number)
                .await
                .map_err(|text| ("exchange", text))?;
        }
        tokio::time::sleep(interval).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let missing = |end: &End| {
        (1..=count)
            .filter(|number| !end.has(*number))
            .collect::<Vec<_>>()
    };
    result["sent"] = json!(count);
    result["missing"] = json!([missing(&b), missing(&a)]);
    timed(ask, result, "close", async {
        for end in [&a, &b] {
            end.relay.close().await.map_err(|e| e.to_string())?;
            end.client.close().await.map_err(|e| e.to_string())?;
        }
        Ok(())
    })
    .await
}

#[tokio::main]
async fn main() {
    let text = std::env::args().nth(1).expect("one argument");
    let ask: Value = serde_json::from_str(&text).expect("JSON");
    let mut result = json!({"version": "0.17.2", "steps": {}, "error": null});
    if let Err((step, text)) = run(&ask, &mut result).await {
        result["error"] = json!({"step": step, "text": text});
    }
    println!("{result}");
}
