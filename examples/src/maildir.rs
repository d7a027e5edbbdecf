//! A Maildir as a maildrop of POP3.
//!
//! Other programs may deliver into it, read it and move messages from `new` to `cur` at the same time: a session sees
//! the messages that were there when it began, wherever they are by now.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use postwire::pop3::Reply;
use postwire::pop3::server::Listing;
use postwire::wire::CrlfLines;
use sha2::{Digest, Sha256};

/// How much of a message is read at a time.
const CHUNK: usize = 64 * 1024;
/// Whose lock it is: only POP3 sessions care.
const LOCK: &str = "postwire-pop3.lock";

/// A Maildir. Clones share what is known of the sizes of its messages, which costs a look at each message once.
#[derive(Clone, Debug)]
pub struct Maildir {
    path: PathBuf,
    sizes: Arc<Mutex<HashMap<Box<str>, Sizes>>>,
}

#[derive(Clone, Copy, Debug)]
struct Sizes {
    /// Octets of the file.
    stored: u64,
    /// Octets as they are sent: each line ends with CRLF.
    sent: u64,
}

/// A Maildir that this session has locked; dropped, it is free again.
#[derive(Debug)]
pub struct OpenMaildir {
    maildir: Maildir,
    /// The lock goes with the file, even if the process is killed.
    _lock: File,
    messages: Vec<Message>,
    reading: Option<Reading>,
}

#[derive(Debug)]
struct Message {
    /// The name up to the colon, which stays the same when the message is moved or marked.
    base: Box<str>,
    /// Where it was last seen, below the Maildir.
    place: PathBuf,
    sizes: Sizes,
}

#[derive(Debug)]
struct Reading {
    file: File,
    left: u64,
    lines: CrlfLines,
    /// What had to be looked at before.
    first: Option<Bytes>,
}

impl Maildir {
    /// A Maildir; its folders are made if they are not there.
    ///
    /// # Errors
    ///
    /// If they cannot be made.
    pub fn new(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        for folder in ["tmp", "new", "cur"] {
            std::fs::create_dir_all(path.join(folder))?;
        }
        Ok(Self { path, sizes: Arc::default() })
    }

    /// Locks it, in this process and against others; `None` if another session has the lock.
    ///
    /// # Errors
    ///
    /// If the lock cannot be made.
    pub fn open(&self) -> io::Result<Option<OpenMaildir>> {
        let lock = File::options().create(true).truncate(false).write(true).open(self.path.join(LOCK))?;
        if !fs4::fs_std::FileExt::try_lock_exclusive(&lock)? {
            return Ok(None);
        }
        Ok(Some(OpenMaildir { maildir: self.clone(), _lock: lock, messages: Vec::new(), reading: None }))
    }

    /// Every message, the oldest first.
    fn scan(&self) -> io::Result<Vec<Message>> {
        let mut known = self.sizes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: HashMap<Box<str>, PathBuf> = HashMap::new();
        // In this order: what is moved to cur meanwhile is seen in one of them at least.
        for folder in ["new", "cur"] {
            for entry in std::fs::read_dir(self.path.join(folder))? {
                let name = entry?.file_name();
                if let Some(base) = base(&name) {
                    found.insert(base.into(), Path::new(folder).join(&name));
                }
            }
        }
        known.retain(|base, _| found.contains_key(base));
        let mut messages = Vec::with_capacity(found.len());
        for (base, place) in found {
            // What is known holds for as long as the file does: some programs change a message after all.
            let measured =
                std::fs::metadata(self.path.join(&place)).and_then(|file| match known.get(&base) {
                    Some(sizes) if sizes.stored == file.len() => Ok(*sizes),
                    _ => self.measure(&base, &place, file.len()),
                });
            let sizes = match measured {
                Ok(sizes) => sizes,
                // It has gone meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            known.insert(base.clone(), sizes);
            messages.push(Message { base, place, sizes });
        }
        // Names begin with the time of delivery.
        let time = |base: &str| base.split('.').next().and_then(|seconds| seconds.parse::<u64>().ok());
        messages.sort_by(|a, b| (time(&a.base), &a.base).cmp(&(time(&b.base), &b.base)));
        Ok(messages)
    }

    fn measure(&self, base: &str, place: &Path, length: u64) -> io::Result<Sizes> {
        // Dovecot and Courier note both sizes in the name: `,S=` as stored, `,W=` with CRLF. They are wrong if the
        // message was changed later.
        if let (Some(stored), Some(sent)) = (field(base, ",S="), field(base, ",W="))
            && stored == length
        {
            return Ok(Sizes { stored, sent });
        }
        let mut file = File::open(self.path.join(place))?;
        let (mut lines, mut buffer) = (CrlfLines::default(), vec![0; CHUNK]);
        let (mut stored, mut grown, mut last) = (0, 0, b'\n');
        loop {
            let n = file.read(&mut buffer)?;
            let octets = buffer.get(..n).unwrap_or_default();
            let Some(&end) = octets.last() else { break };
            stored += n as u64;
            grown += lines.growth(octets) as u64;
            last = end;
        }
        // The last line is completed when it is sent.
        let missing = match last {
            b'\n' => 0,
            b'\r' => 1,
            _ => 2,
        };
        Ok(Sizes { stored, sent: stored + grown + missing })
    }

    /// Opens a message wherever it is now, and says where that is.
    fn find(&self, message: &Message) -> io::Result<(File, Option<PathBuf>)> {
        match File::open(self.path.join(&message.place)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let place = self.moved(&message.base)?.ok_or(error)?;
                File::open(self.path.join(&place)).map(|file| (file, Some(place)))
            }
            result => result.map(|file| (file, None)),
        }
    }

    /// Where a message is that was moved or marked.
    fn moved(&self, wanted: &str) -> io::Result<Option<PathBuf>> {
        for folder in ["new", "cur"] {
            for entry in std::fs::read_dir(self.path.join(folder))? {
                let name = entry?.file_name();
                if base(&name) == Some(wanted) {
                    return Ok(Some(Path::new(folder).join(name)));
                }
            }
        }
        Ok(None)
    }
}

fn base(name: &std::ffi::OsStr) -> Option<&str> {
    let name = name.to_str().filter(|name| !name.starts_with('.'))?;
    name.split(':').next().filter(|base| !base.is_empty())
}

fn field(base: &str, name: &str) -> Option<u64> {
    let (_, rest) = base.split_once(name)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The base name if it can be a unique id (RFC 1939 section 7), else a digest of it.
fn unique_id(base: &str) -> String {
    if base.len() <= 70 && base.bytes().all(|octet| octet.is_ascii_graphic()) {
        return base.to_owned();
    }
    let digest = Sha256::digest(base.as_bytes());
    digest.iter().fold(String::with_capacity(64), |text, octet| text + &format!("{octet:02x}"))
}

/// What goes wrong on a disk passes, or somebody mends it.
fn failed(_: io::Error) -> Reply {
    Reply::local_error()
}

impl OpenMaildir {
    /// The messages with their sizes and unique ids.
    ///
    /// # Errors
    ///
    /// The reply to give if the Maildir cannot be read.
    pub fn list(&mut self) -> Result<Listing, Reply> {
        self.messages = self.maildir.scan().map_err(failed)?;
        let mut listing = Listing::with_capacity(self.messages.len());
        for message in &self.messages {
            let pushed = listing.push(message.sizes.sent, &unique_id(&message.base));
            pushed.map_err(|_| Reply::local_error())?;
        }
        Ok(listing)
    }

    /// Begins to read a message, counted from 1.
    ///
    /// # Errors
    ///
    /// The reply to give if it has gone, or holds UTF-8 where it must not.
    pub fn retrieve(&mut self, message: u32, ascii_only: bool) -> Result<(), Reply> {
        let index = (message as usize).checked_sub(1).ok_or(Reply::unreadable())?;
        let message = self.messages.get_mut(index).ok_or(Reply::unreadable())?;
        let (file, moved) = self.maildir.find(message).map_err(|_| Reply::unreadable())?;
        if let Some(place) = moved {
            message.place = place;
        }
        let left = message.sizes.stored;
        // Part of a message must not be taken for all of it, and then be deleted.
        if file.metadata().map_err(failed)?.len() != left {
            return Err(Reply::unreadable());
        }
        let mut reading = Reading { file, left, lines: CrlfLines::default(), first: None };
        if ascii_only {
            let first = reading.chunk().map_err(failed)?.unwrap_or_default();
            let end = memchr::memmem::find(&first, b"\r\n\r\n").unwrap_or(first.len());
            if !first.get(..end).unwrap_or_default().is_ascii() {
                return Err(Reply::utf8_needed());
            }
            reading.first = Some(first);
        }
        self.reading = Some(reading);
        Ok(())
    }

    /// The next piece of that message, `None` at its end.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    #[allow(clippy::should_implement_trait)] // it fails
    pub fn next(&mut self) -> io::Result<Option<Bytes>> {
        let Some(reading) = &mut self.reading else { return Ok(None) };
        let chunk = match reading.first.take() {
            Some(first) => Some(first),
            None => reading.chunk()?,
        };
        if chunk.is_none() {
            self.reading = None;
        }
        Ok(chunk)
    }

    /// Removes these messages.
    ///
    /// # Errors
    ///
    /// The reply to give if one of them is still there.
    pub fn update(&mut self, deleted: &[u32]) -> Result<(), Reply> {
        let wanted: HashSet<u32> = deleted.iter().copied().collect();
        let mut left = false;
        for (_, message) in (1u32..).zip(&self.messages).filter(|(number, _)| wanted.contains(number)) {
            left |= self.maildir.remove(message).is_err();
        }
        if left { Err(Reply::not_removed()) } else { Ok(()) }
    }
}

impl Maildir {
    fn remove(&self, message: &Message) -> io::Result<()> {
        let remove = |place: &Path| {
            let path = self.path.join(place);
            // What was changed since is not what the client has seen.
            if std::fs::metadata(&path)?.len() != message.sizes.stored {
                return Err(io::Error::other("the message was changed"));
            }
            std::fs::remove_file(path)
        };
        match remove(&message.place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => match self.moved(&message.base)? {
                Some(place) => remove(&place),
                // Somebody else has removed it.
                None => Ok(()),
            },
            result => result,
        }
    }
}

impl Reading {
    fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        if self.left == 0 {
            return Ok(None);
        }
        let most = usize::try_from(self.left).unwrap_or(CHUNK).min(CHUNK);
        let mut buffer = vec![0; most];
        let n = self.file.read(&mut buffer)?;
        if n == 0 {
            // Messages in a Maildir do not change; this one did.
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer.truncate(n);
        self.left = self.left.saturating_sub(n as u64);
        Ok(Some(self.lines.chunk(buffer.into())))
    }
}

impl postwire::blocking::pop3::Maildrop for OpenMaildir {
    fn list(&mut self) -> Result<Listing, Reply> {
        self.list()
    }

    fn retrieve(&mut self, message: u32, ascii_only: bool) -> Result<(), Reply> {
        self.retrieve(message, ascii_only)
    }

    fn next(&mut self) -> io::Result<Option<Bytes>> {
        self.next()
    }

    fn update(&mut self, deleted: &[u32]) -> Result<(), Reply> {
        self.update(deleted)
    }
}

/// A Maildir for servers on tokio: the disk is looked at on threads that may wait for it.
#[derive(Debug)]
pub struct AsyncMaildir(Option<OpenMaildir>);

impl AsyncMaildir {
    /// Puts it on threads.
    pub fn new(maildir: OpenMaildir) -> Self {
        Self(Some(maildir))
    }

    async fn on_thread<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut OpenMaildir) -> T + Send + 'static,
    ) -> io::Result<T> {
        let mut maildir = self.0.take().ok_or(io::ErrorKind::NotConnected)?;
        let joined = tokio::task::spawn_blocking(move || {
            let result = work(&mut maildir);
            (maildir, result)
        });
        let (maildir, result) = joined.await.map_err(io::Error::other)?;
        self.0 = Some(maildir);
        Ok(result)
    }
}

impl postwire::tokio::pop3::Maildrop for AsyncMaildir {
    async fn list(&mut self) -> Result<Listing, Reply> {
        self.on_thread(OpenMaildir::list).await.map_err(failed)?
    }

    async fn retrieve(&mut self, message: u32, ascii_only: bool) -> Result<(), Reply> {
        self.on_thread(move |maildir| maildir.retrieve(message, ascii_only)).await.map_err(failed)?
    }

    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        self.on_thread(OpenMaildir::next).await?
    }

    async fn update(&mut self, deleted: &[u32]) -> Result<(), Reply> {
        let deleted = deleted.to_vec();
        self.on_thread(move |maildir| maildir.update(&deleted)).await.map_err(failed)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scratch(PathBuf);

    impl Scratch {
        fn new() -> Self {
            let path = std::env::temp_dir().join(format!("postwire-{}", crate::store::unique_name()));
            Self(path)
        }

        fn put(&self, place: &str, octets: &[u8]) {
            std::fs::write(self.0.join(place), octets).unwrap();
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn read(open: &mut OpenMaildir, message: u32) -> Vec<u8> {
        open.retrieve(message, false).unwrap();
        let mut octets = Vec::new();
        while let Some(chunk) = open.next().unwrap() {
            octets.extend_from_slice(&chunk);
        }
        octets
    }

    #[test]
    fn sizes_are_those_that_are_sent() {
        let scratch = Scratch::new();
        let maildir = Maildir::new(&scratch.0).unwrap();
        let long = b"0123456789\n".repeat(20_000);
        let files: [(&str, &[u8], &[u8]); 5] = [
            ("new/1.a", b"a: b\n\nc\n", b"a: b\r\n\r\nc\r\n"),
            ("new/2.b", b"a: b\r\n\r\nc\r\n", b"a: b\r\n\r\nc\r\n"),
            ("cur/10.c:2,S", b"x\ny", b"x\r\ny"),
            ("cur/3.d:2,", b"", b""),
            (
                "new/4.e",
                &long,
                &long.iter().fold(Vec::new(), |mut out, &octet| {
                    if octet == b'\n' {
                        out.push(b'\r');
                    }
                    out.push(octet);
                    out
                }),
            ),
        ];
        for (place, stored, _) in &files {
            scratch.put(place, stored);
        }
        scratch.put("new/.hidden", b"x");
        let mut open = maildir.open().unwrap().unwrap();
        for round in 0..2 {
            let listing = open.list().unwrap();
            assert_eq!(listing.len(), 5, "{round}");
            // By time, not by spelling.
            let ids: Vec<_> = (1..=5).map(|n| listing.unique_id(n).unwrap().to_vec()).collect();
            assert_eq!(ids, [&b"1.a"[..], b"2.b", b"3.d", b"4.e", b"10.c"]);
            for (number, at) in [(1, 0), (2, 1), (3, 3), (4, 4), (5, 2)] {
                let sent = read(&mut open, number);
                assert_eq!(sent, files[at].2);
                let completed =
                    sent.len() as u64 + if sent.is_empty() || sent.ends_with(b"\n") { 0 } else { 2 };
                assert_eq!(listing.octets(number), Some(completed));
            }
        }
    }

    #[test]
    fn other_programs_may_move_mark_and_remove() {
        let scratch = Scratch::new();
        let maildir = Maildir::new(&scratch.0).unwrap();
        for place in ["new/1.a", "new/2.b", "cur/3.c:2,", "new/4.d"] {
            scratch.put(place, place.as_bytes());
        }
        let mut open = maildir.open().unwrap().unwrap();
        assert_eq!(open.list().unwrap().len(), 4);
        std::fs::rename(scratch.0.join("new/1.a"), scratch.0.join("cur/1.a:2,S")).unwrap();
        std::fs::rename(scratch.0.join("cur/3.c:2,"), scratch.0.join("cur/3.c:2,FS")).unwrap();
        std::fs::remove_file(scratch.0.join("new/4.d")).unwrap();
        scratch.put("new/5.e", b"new");
        assert_eq!(read(&mut open, 1), b"new/1.a");
        assert_eq!(read(&mut open, 3), b"cur/3.c:2,");
        assert!(open.retrieve(4, false).is_err());
        assert_eq!(open.update(&[1, 3, 4]), Ok(()));
        drop(open);
        // What came meanwhile is there, and ids are as they were.
        let mut open = maildir.open().unwrap().unwrap();
        let listing = open.list().unwrap();
        let ids: Vec<_> = (1..=listing.len()).map(|n| listing.unique_id(n).unwrap().to_vec()).collect();
        assert_eq!(ids, [&b"2.b"[..], b"5.e"]);
    }

    #[test]
    fn a_message_that_was_changed_is_never_given_in_part() {
        let scratch = Scratch::new();
        let maildir = Maildir::new(&scratch.0).unwrap();
        scratch.put("new/1.a,S=3,W=4", b"longer\n");
        scratch.put("new/2.b", b"x\n");
        let mut open = maildir.open().unwrap().unwrap();
        assert_eq!(open.list().unwrap().octets(1), Some(8));
        assert_eq!(read(&mut open, 1), b"longer\r\n");
        scratch.put("new/2.b", b"x\nadded\n");
        assert!(open.retrieve(2, false).is_err());
        drop(open);
        let mut open = maildir.open().unwrap().unwrap();
        assert_eq!(open.list().unwrap().octets(2), Some(10));
        assert_eq!(read(&mut open, 2), b"x\r\nadded\r\n");
        // Nor is one removed that was changed after it was given.
        scratch.put("new/2.b", b"x\nadded\nagain\n");
        assert_eq!(open.update(&[1, 2]), Err(Reply::not_removed()));
        assert_eq!(open.list().unwrap().len(), 1);
        assert_eq!(read(&mut open, 1), b"x\r\nadded\r\nagain\r\n");
    }

    #[test]
    fn one_session_at_a_time() {
        let scratch = Scratch::new();
        let maildir = Maildir::new(&scratch.0).unwrap();
        let first = maildir.open().unwrap();
        assert!(first.is_some());
        assert!(maildir.open().unwrap().is_none());
        assert!(Maildir::new(&scratch.0).unwrap().open().unwrap().is_none());
        drop(first);
        assert!(maildir.open().unwrap().is_some());
    }

    #[test]
    fn utf8_in_header_fields_is_kept_from_clients_that_cannot_have_it() {
        let scratch = Scratch::new();
        let maildir = Maildir::new(&scratch.0).unwrap();
        scratch.put("new/1.a", "Subject: Übersicht\n\nx\n".as_bytes());
        scratch.put("new/2.b", "Subject: x\n\nÜbersicht\n".as_bytes());
        let mut open = maildir.open().unwrap().unwrap();
        open.list().unwrap();
        assert_eq!(open.retrieve(1, true), Err(Reply::utf8_needed()));
        assert_eq!(open.retrieve(1, false), Ok(()));
        assert_eq!(open.retrieve(2, true), Ok(()));
        assert_eq!(open.next().unwrap().unwrap(), "Subject: x\r\n\r\nÜbersicht\r\n");
        assert_eq!(open.next().unwrap(), None);
    }

    #[test]
    fn names_that_cannot_be_ids_are_hashed() {
        assert_eq!(unique_id("1.a"), "1.a");
        for odd in ["1 a", "ü", &"x".repeat(71)] {
            assert_eq!((unique_id(odd).len(), unique_id(odd) == unique_id(odd)), (64, true));
        }
        assert_eq!(
            (field("1.a,S=5,W=6", ",S="), field("1.a,S=5,W=6", ",W="), field("1.a", ",W=")),
            (Some(5), Some(6), None)
        );
    }
}
