//! A client that is nobody's library: bytes out, bytes in.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Accepted, duplicates, rejected.
    pub(crate) fn counts(&self) -> (u64, u64, u64) {
        let json = self.json();
        let count = |name| json[name].as_u64().unwrap_or_else(|| panic!("no {name}: {self:?}"));
        (count("accepted"), count("duplicates"), count("rejected_count"))
    }
}

/// Sends one request on a connection of its own.
pub(crate) fn send(to: SocketAddr, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut stream = begin(to, line, headers, &format!("content-length: {}", body.len()));
    // A server that refuses early closes before it has read everything: then the answer is what counts.
    let _ = stream.write_all(body);
    finish(stream)
}

/// Writes the head of a request.
pub(crate) fn begin(to: SocketAddr, line: &str, headers: &[(&str, &str)], length: &str) -> TcpStream {
    let mut head = format!("{line} HTTP/1.1\r\nconnection: close\r\n{length}\r\n");
    if !headers.iter().any(|(name, _)| *name == "host") {
        write!(head, "host: {to}\r\n").unwrap();
    }
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    head.push_str("\r\n");
    let mut stream = TcpStream::connect(to).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// One chunk of a body whose length nobody knows yet.
pub(crate) fn chunk(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    write!(stream, "{:x}\r\n", bytes.len())?;
    stream.write_all(bytes)?;
    stream.write_all(b"\r\n")
}

/// Reads the answer.
pub(crate) fn finish(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    Answer { status, headers: lines.filter_map(header).collect(), body: body.to_owned() }
}
