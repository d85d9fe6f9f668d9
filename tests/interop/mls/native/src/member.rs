//! A member of a room: admission, the server's order of commits, media keys and
//! words (docs/protocol.md §3.6 and §4). One thread; commands come from the runner.

use crate::frames::{self, Codec};
use crate::link::{random, sha256};
use crate::socket::Socket;
use crate::wire::{bytes, Fields, Message};
use crate::{failed, fields, said, Group, Link, Person, Processed, Result};
use serde_json::{json, Value};
use std::collections::HashMap;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

const PING_EVERY: Duration = Duration::from_secs(5);
const HERE_EVERY: Duration = Duration::from_secs(20);
const HERE_AFTER_ARRIVAL: Duration = Duration::from_secs(2);
/// For somebody else's turn to commit; pages wait 700 ms and 300 ms more for each leaf.
const STEP_IN_AFTER: Duration = Duration::from_millis(1500);
/// Epochs whose frames are opened.
const EPOCHS_HELD: usize = 3;

/// The media keys and places of one epoch.
struct Epoch {
    number: u64,
    base: Vec<u8>,
    leaf: u32,
    people: Vec<(u32, [u8; 16])>,
    /// The next counter of each context.
    counters: HashMap<u64, u64>,
}

struct Duty {
    epoch: u64,
    adds: Vec<([u8; 16], Vec<u8>)>,
    removes: Vec<u32>,
    at: Instant,
}

pub struct Member<G: Group> {
    link: Link,
    url: String,
    room: String,
    name: String,
    id: [u8; 16],
    socket: Socket,
    group: G,
    /// Whether `group` is a group that this member is in.
    inside: bool,
    incarnation: u64,
    seq: u64,
    hash: Vec<u8>,
    /// A commit of ours that the server has not answered.
    proposed: Option<Vec<u8>>,
    duty: Option<Duty>,
    epochs: Vec<Epoch>,
    said: u64,
    /// The highest number and the newest `here` of each member.
    heard: HashMap<[u8; 16], (u64, Option<Vec<u8>>)>,
    here_at: Instant,
    ping_at: Instant,
    over: bool,
    counts: HashMap<&'static str, u64>,
}

fn event(value: Value) {
    println!("{value}");
}

fn id_of(bytes: Vec<u8>) -> Result<[u8; 16]> {
    bytes.try_into().map_err(|_| "not a member id".to_string())
}

fn hex_field(command: &Value, key: &str) -> Result<Vec<u8>> {
    hex::decode(command[key].as_str().unwrap_or_default()).map_err(failed(key))
}

fn codec_of(command: &Value) -> Codec {
    if command["codec"] == "vp8" {
        Codec::Vp8
    } else {
        Codec::Opus
    }
}

impl<G: Group> Member<G> {
    /// Until `leave` or the end of the session; what happened, for the runner.
    pub fn take_part(ask: &Value, commands: Receiver<Value>) -> Value {
        let mut member = match Self::enter(ask) {
            Ok(member) => member,
            Err(error) => return json!({"error": error}),
        };
        let error = member.live(commands).err();
        json!({"error": error, "counts": member.counts})
    }

    fn enter(ask: &Value) -> Result<Self> {
        let text = |key: &str| ask[key].as_str().unwrap_or_default().to_string();
        let mut link = Link::new(&hex::decode(text("secret")).map_err(failed("secret"))?);
        if ask["wrong_psk"] == true {
            link.psk = random();
        }
        let id = random::<16>();
        let (url, now) = (text("url"), Instant::now());
        let mut socket = Socket::open(&url)?;
        socket.send(fields!["t" => "hello", "v" => 1, "room" => text("room")])?;
        Ok(Member {
            group: G::new(&link, &id)?,
            link,
            url,
            id,
            socket,
            room: text("room"),
            name: text("name"),
            inside: false,
            incarnation: 0,
            seq: 0,
            hash: vec![0; 32],
            proposed: None,
            duty: None,
            epochs: vec![],
            said: 0,
            heard: HashMap::new(),
            here_at: now,
            ping_at: now + PING_EVERY,
            over: false,
            counts: HashMap::new(),
        })
    }

    fn live(&mut self, commands: Receiver<Value>) -> Result<()> {
        while !self.over {
            if let Some(message) = self.socket.receive()? {
                self.take(message)?;
            }
            while let Ok(command) = commands.try_recv() {
                if let Err(error) = self.obey(&command) {
                    event(json!({"is": "failed", "do": command["do"], "text": error}));
                }
            }
            self.tick()?;
        }
        Ok(())
    }

    fn tick(&mut self) -> Result<()> {
        let now = Instant::now();
        if now >= self.ping_at {
            self.ping_at = now + PING_EVERY;
            let ack = self.socket.heard;
            self.socket.send(fields!["t" => "ping", "ack" => ack])?;
        }
        if self.inside && now >= self.here_at {
            self.here_at = now + HERE_EVERY;
            self.say_here()?;
        }
        if self.duty.as_ref().is_some_and(|duty| now >= duty.at) {
            self.do_duty()?;
        }
        Ok(())
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    // --- what the server says -------------------------------------------------

    fn take(&mut self, message: Message) -> Result<()> {
        match message.text("t") {
            "challenge" => self.admit(&message),
            "app" => {
                // Of an epoch that is over, or of before this member came.
                if let Err(error) = self.hear(&message) {
                    event(json!({"is": "unheard", "text": error}));
                }
                Ok(())
            }
            "error" | "bye" => {
                self.over = true;
                let reason = format!("{}{}", message.text("code"), message.text("reason"));
                if reason == "left" {
                    Ok(())
                } else {
                    Err(reason)
                }
            }
            kind if kind.starts_with("mls-") => self.take_group(kind, &message),
            _ => Ok(()),
        }
    }

    fn admit(&mut self, challenge: &Message) -> Result<()> {
        let nonce = challenge.bytes("nonce")?;
        let key_package = self.group.key_package()?;
        let sig = self
            .link
            .admit(&self.url, &self.room, &nonce, &self.id, &key_package);
        let lobby = self.link.lobby(&self.name, &self.id);
        self.socket.send(fields![
            "t" => "admit", "adm_pk" => bytes(self.link.admission.verifying_key()),
            "member" => bytes(self.id), "key_package" => bytes(key_package),
            "lobby" => bytes(lobby), "sig" => bytes(sig),
        ])
    }

    fn take_group(&mut self, kind: &str, message: &Message) -> Result<()> {
        let incarnation = message.uint("incarnation")?;
        if incarnation < self.incarnation {
            return Ok(());
        }
        match kind {
            "mls-found" => self.found(incarnation),
            "mls-reset" | "mls-gone" => self.ask_to_be_added(incarnation),
            "mls-welcome" if !self.inside => self.join(incarnation, message),
            "mls-duty" if self.inside => self.take_duty(message),
            "mls-committed" if self.inside => self.committed(message),
            "mls-rejected" if self.inside => {
                event(json!({"is": "rejected", "reason": message.text("reason")}));
                self.proposed = None;
                self.group.drop_prepared()
            }
            "mls-ready" if self.inside => self.compare(message),
            _ => Ok(()),
        }
    }

    fn group_fields(&self, kind: &str) -> Fields {
        fields!["t" => kind, "incarnation" => self.incarnation, "epoch" => self.group.epoch()]
    }

    fn found(&mut self, incarnation: u64) -> Result<()> {
        self.incarnation = incarnation;
        (self.seq, self.hash) = (0, vec![0; 32]);
        self.group.found(&self.link.new_group_id())?;
        let id = bytes(self.group.id());
        self.socket.send_numbered(
            fields!["t" => "mls-founded", "incarnation" => incarnation, "group_id" => id],
        )?;
        self.count("founded");
        self.arrived()
    }

    fn join(&mut self, incarnation: u64, message: &Message) -> Result<()> {
        self.incarnation = incarnation;
        self.group.join(&message.bytes("welcome")?)?;
        (self.seq, self.hash) = (message.uint("seq")?, message.bytes("hash")?);
        self.count("joined");
        self.say_ready()?;
        self.arrived()
    }

    fn ask_to_be_added(&mut self, incarnation: u64) -> Result<()> {
        self.incarnation = incarnation;
        self.inside = false;
        self.epochs.clear();
        (self.proposed, self.duty) = (None, None);
        let key_package = bytes(self.group.key_package()?);
        self.socket
            .send_numbered(fields!["t" => "mls-join", "key_package" => key_package])
    }

    fn arrived(&mut self) -> Result<()> {
        self.inside = true;
        self.here_at = Instant::now() + HERE_AFTER_ARRIVAL;
        self.enter_epoch()
    }

    fn tag(&self) -> Result<Vec<u8>> {
        Ok(sha256(&[&self.group.authenticator()?])[..8].to_vec())
    }

    fn say_ready(&mut self) -> Result<()> {
        let mut ready = self.group_fields("mls-ready");
        ready.extend(fields!["tag" => bytes(self.tag()?), "hash" => bytes(&self.hash)]);
        self.socket.send_numbered(ready)
    }

    fn people(&self) -> Result<Vec<(u32, [u8; 16])>> {
        let known = |Person {
                         leaf,
                         identity,
                         signature_key,
                     }: Person| {
            let member = self.link.member_of(&identity, &signature_key);
            Ok((
                leaf,
                member.ok_or("a credential that nobody with the link made")?,
            ))
        };
        self.group.roster().into_iter().map(known).collect()
    }

    /// Keys and places of the epoch that the group is in now.
    fn enter_epoch(&mut self) -> Result<()> {
        let people = self.people()?;
        let base = self.group.export("SFrame 1.0 Base Key", 16)?;
        let (number, leaf) = (self.group.epoch(), self.group.leaf());
        let listed: Vec<Value> = people
            .iter()
            .map(|(leaf, id)| json!({"leaf": leaf, "id": hex::encode(id)}))
            .collect();
        event(json!({
            "is": "epoch", "epoch": number, "leaf": leaf, "id": hex::encode(self.id),
            "tag": hex::encode(self.tag()?), "base": hex::encode(sha256(&[&base])), "roster": listed,
        }));
        if self.epochs.len() == EPOCHS_HELD {
            self.epochs.remove(0);
        }
        self.epochs.push(Epoch {
            number,
            base,
            leaf,
            people,
            counters: HashMap::new(),
        });
        Ok(())
    }

    // --- commits --------------------------------------------------------------

    fn take_duty(&mut self, message: &Message) -> Result<()> {
        let ours = message.bytes("committer")? == self.id;
        let mut adds = vec![];
        for add in message.maps("adds") {
            adds.push((id_of(add.bytes("id")?)?, add.bytes("key_package")?));
        }
        let mut removes = vec![];
        for remove in message.maps("removes") {
            removes.push(remove.uint("leaf")? as u32);
        }
        let at = Instant::now() + if ours { Duration::ZERO } else { STEP_IN_AFTER };
        self.duty = Some(Duty {
            epoch: message.uint("epoch")?,
            adds,
            removes,
            at,
        });
        Ok(())
    }

    fn do_duty(&mut self) -> Result<()> {
        let Some(duty) = self.duty.take() else {
            return Ok(());
        };
        if duty.epoch != self.group.epoch()
            || self.proposed.is_some()
            || duty.removes.contains(&self.group.leaf())
        {
            return Ok(());
        }
        let adds: Vec<Vec<u8>> = duty
            .adds
            .into_iter()
            .map(|(_, key_package)| key_package)
            .collect();
        if adds.is_empty() && duty.removes.is_empty() {
            return Ok(());
        }
        self.propose(&adds, &duty.removes)
    }

    fn propose(&mut self, adds: &[Vec<u8>], removes: &[u32]) -> Result<()> {
        let (commit, welcome) = self.group.prepare(adds, removes)?;
        let mut message = self.group_fields("mls-commit");
        message.extend(fields!["commit" => bytes(&commit)]);
        if let Some(welcome) = welcome {
            message.extend(fields!["welcome" => bytes(welcome)]);
        }
        self.proposed = Some(commit);
        self.socket.send_numbered(message)
    }

    fn committed(&mut self, message: &Message) -> Result<()> {
        let (seq, epoch) = (message.uint("seq")?, message.uint("epoch")?);
        if epoch <= self.group.epoch() {
            return Ok(());
        }
        let (commit, hash) = (message.bytes("commit")?, message.bytes("hash")?);
        if seq != self.seq + 1 || sha256(&[&self.hash, &seq.to_be_bytes(), &commit])[..] != hash[..]
        {
            return Err("the server's log does not fit".into());
        }
        if self
            .proposed
            .take()
            .is_some_and(|proposed| proposed == commit)
        {
            self.group.confirm()?;
            self.count("own commits");
        } else {
            self.group.drop_prepared()?;
            if self.group.process(&commit)? == Processed::Removed {
                event(json!({"is": "removed"}));
                self.inside = false;
                return self.ask_to_be_added(self.incarnation);
            }
            self.count("commits of others");
        }
        (self.seq, self.hash) = (seq, hash);
        self.say_ready()?;
        self.enter_epoch()
    }

    fn compare(&mut self, message: &Message) -> Result<()> {
        if message.uint("epoch")? == self.group.epoch() && message.bytes("tag")? != self.tag()? {
            let forked = self.group_fields("mls-forked");
            self.socket.send_numbered(forked)?;
            event(json!({"is": "forked"}));
        }
        Ok(())
    }

    // --- words ----------------------------------------------------------------

    fn say(&mut self, words: Fields) -> Result<()> {
        self.said += 1;
        let data = self.group.seal(&said::pack(self.said, words))?;
        self.socket
            .send_numbered(fields!["t" => "app", "data" => bytes(data)])
    }

    fn say_here(&mut self) -> Result<()> {
        let mut heard = vec![];
        for (leaf, id) in self.people()? {
            if let Some((_, Some(n))) = self.heard.get(&id) {
                heard.push(rmpv::Value::Map(fields!["leaf" => leaf, "n" => bytes(n)]));
            }
        }
        self.say(fields!["k" => "here", "n" => bytes(random::<8>()), "heard" => rmpv::Value::Array(heard)])
    }

    fn hear(&mut self, message: &Message) -> Result<()> {
        let opened = self.group.open(&message.bytes("data")?)?;
        let epoch = self
            .epochs
            .iter()
            .find(|epoch| epoch.number == opened.epoch)
            .ok_or("an old epoch")?;
        let (_, from) = *epoch
            .people
            .iter()
            .find(|(leaf, _)| *leaf == opened.leaf)
            .ok_or("nobody's leaf")?;
        let (number, words) = said::unpack(&opened.plaintext).ok_or("not of this version")?;
        let known = self.heard.entry(from).or_default();
        if number <= known.0 {
            return Err("said before".into());
        }
        known.0 = number;
        if words.text("k") == "here" {
            known.1 = Some(words.bytes("n")?);
        }
        let kind = words.text("k");
        event(
            json!({"is": "heard", "from": hex::encode(from), "k": kind, "text": words.text("text")}),
        );
        self.count("words heard");
        Ok(())
    }

    // --- what the runner asks for -----------------------------------------------

    fn obey(&mut self, command: &Value) -> Result<()> {
        match command["do"].as_str().unwrap_or_default() {
            "rotate" => self.propose(&[], &[]),
            "say" => self.say(
                fields!["k" => "chat", "text" => command["text"].as_str().unwrap_or_default()],
            ),
            "seal" => self.seal(command),
            "open" => self.open(command),
            "leave" => self.socket.send(fields!["t" => "leave"]),
            _ => Err("no such command".into()),
        }
    }

    fn seal(&mut self, command: &Value) -> Result<()> {
        let frame = hex_field(command, "frame")?;
        let context = command["context"].as_u64().unwrap_or_default();
        let epoch = self.epochs.last_mut().ok_or("no key")?;
        let counter = epoch.counters.entry(context).or_default();
        let kid = frames::kid(context, epoch.leaf, epoch.number);
        let wire = frames::seal(&epoch.base, kid, *counter, codec_of(command), &frame)?;
        *counter += 1;
        event(json!({"is": "sealed", "frame": hex::encode(wire)}));
        Ok(())
    }

    /// By its KID alone; the sender has to be who the runner says.
    fn open(&mut self, command: &Value) -> Result<()> {
        let (wire, member) = (hex_field(command, "frame")?, hex_field(command, "member")?);
        let kid = frames::kid_of(codec_of(command), &wire)?;
        let epoch = self
            .epochs
            .iter()
            .rev()
            .find(|epoch| epoch.number & 15 == kid & 15)
            .ok_or("no key")?;
        let leaf = (kid >> 4 & 63) as u32;
        if !epoch
            .people
            .iter()
            .any(|(at, id)| *at == leaf && id[..] == member[..])
        {
            return Err("another sender".into());
        }
        let frame = frames::open(&epoch.base, codec_of(command), &wire)?;
        event(json!({"is": "opened", "frame": hex::encode(frame)}));
        Ok(())
    }
}
