//! The work, on tokio.

use examples::command_line::Diagnosis;
use examples::imap::{diagnose, unstorable};
use postwire::imap::Uid;
use postwire::imap::command::FetchAttribute;
use postwire::imap::list::StatusItem;
use postwire::imap::session::ListRequest;
use postwire::tokio::imap::{Fetched, ImapClient, ImapError, Mailbox};
use postwire::wire::Recorder;
use tokio::net::TcpStream;

use crate::arguments::{Arguments, Work};
use crate::file::{Source, Target};
use crate::show::{Done, Header};
use crate::{Report, bar, pattern};

type Imap = ImapClient<TcpStream>;

pub(crate) async fn run(
    arguments: &Arguments,
    recorder: &Recorder,
    report: &mut Report,
) -> Result<Done, Diagnosis> {
    let builder = examples::imap_builder!(ImapClient, &arguments.access, recorder);
    let mut imap = builder.connect().await.map_err(|error| diagnose(&error))?;
    let done = work(&mut imap, arguments, report).await;
    report.damaged.extend(imap.take_damaged());
    report.notices.extend(imap.take_notices());
    // What was done is done, however the session ends; and if it failed, that is what has to be told.
    let ended = if imap.is_ready() { imap.logout().await.map_err(|error| diagnose(&error)) } else { Ok(()) };
    let done = done?;
    ended.map(|()| done)
}

async fn work(imap: &mut Imap, arguments: &Arguments, report: &mut Report) -> Result<Done, Diagnosis> {
    let failed = |error: ImapError| diagnose(&error);
    match &arguments.work {
        Work::Folders { pattern, subscribed } => {
            let items =
                [StatusItem::Messages, StatusItem::Unseen, StatusItem::UidNext, StatusItem::UidValidity];
            let request =
                ListRequest::matching(self::pattern(pattern)?).subscribed(*subscribed).status(items);
            imap.list(request).await.map(Done::Folders).map_err(failed)
        }
        Work::Search { folder, criteria } => {
            let mut mailbox = imap.examine(folder.as_str()).await.map_err(failed)?;
            mailbox.search(criteria.key(None)).await.map(Done::Found).map_err(failed)
        }
        Work::Headers { folder, uids, criteria, last } => {
            let mut mailbox = imap.examine(folder.as_str()).await.map_err(failed)?;
            let mut found = mailbox.search(criteria.key(uids.as_ref())).await.map_err(failed)?;
            if let Some(last) = last {
                found.drain(..found.len().saturating_sub(*last));
            }
            headers(&mut mailbox, &found, report).await.map(Done::Headers).map_err(failed)
        }
        Work::Download { folder, uid, part, to } => {
            let mut mailbox = imap.examine(folder.as_str()).await.map_err(failed)?;
            let mut download = mailbox.download(*uid, part.clone()).await.map_err(failed)?;
            let bar = bar(arguments, download.octets());
            let mut target = Target::create(to).map_err(unstorable)?;
            while let Some(chunk) = download.next().await.map_err(failed)? {
                target.write(&chunk).map_err(unstorable)?;
                bar.inc(chunk.len() as u64);
            }
            bar.finish_and_clear();
            target.finish().map_err(unstorable)
        }
        Work::Append { folder, file, flag, date } => {
            let source = Source::open(file)?;
            let bar = bar(arguments, Some(source.octets));
            let options = source.options(flag, *date)?;
            let octets = source.octets;
            let source = bar.wrap_async_read(tokio::fs::File::from_std(source.file));
            let stored = imap.append_stream(folder.as_str(), octets, source, options).await;
            bar.finish_and_clear();
            stored.map(Done::Appended).map_err(failed)
        }
        Work::Create { folder, uses } => {
            imap.create_for(folder.as_str(), uses.iter().cloned()).await.map_err(failed)?;
            Ok(Done::Changed)
        }
        Work::Delete { folder } => imap.delete(folder.as_str()).await.map(|()| Done::Changed).map_err(failed),
        Work::Rename { from, to } => {
            imap.rename(from.as_str(), to.as_str()).await.map(|()| Done::Changed).map_err(failed)
        }
        Work::Flags { folder, uids, add, remove, set } => {
            let mut mailbox = imap.select(folder.as_str()).await.map_err(failed)?;
            if !add.is_empty() {
                mailbox.add_flags(uids, add.iter().cloned()).await.map_err(failed)?;
            }
            if !remove.is_empty() {
                mailbox.remove_flags(uids, remove.iter().cloned()).await.map_err(failed)?;
            }
            if !set.is_empty() {
                mailbox.set_flags(uids, set.iter().cloned()).await.map_err(failed)?;
            }
            Ok(Done::Changed)
        }
        Work::Copy { folder, uids, to } => {
            let mut mailbox = imap.select(folder.as_str()).await.map_err(failed)?;
            mailbox.copy_to(uids, to.as_str()).await.map(Done::Placed).map_err(failed)
        }
        Work::Move { folder, uids, to } => {
            let mut mailbox = imap.select(folder.as_str()).await.map_err(failed)?;
            mailbox.move_to(uids, to.as_str()).await.map(Done::Placed).map_err(failed)
        }
        Work::Expunge { folder, uids } => {
            let mut mailbox = imap.select(folder.as_str()).await.map_err(failed)?;
            mailbox.expunge(uids).await.map(|()| Done::Changed).map_err(failed)
        }
        Work::Quota { folder } => {
            let (_, quotas) = imap.quota_roots(folder.as_str()).await.map_err(failed)?;
            Ok(Done::Quota(quotas))
        }
    }
}

async fn headers(
    mailbox: &mut Mailbox<'_, TcpStream>,
    uids: &[Uid],
    report: &mut Report,
) -> Result<Vec<Header>, ImapError> {
    let wanted =
        [FetchAttribute::Envelope, FetchAttribute::Flags, FetchAttribute::InternalDate, FetchAttribute::Size];
    let mut headers = Vec::new();
    let mut mails = mailbox.fetch(uids, wanted);
    while let Some(mail) = mails.next().await? {
        match mail {
            Fetched::Message(mail) => headers.push(Header::new(&mail)),
            Fetched::Damaged(damaged) => report.damaged.push(damaged),
        }
    }
    Ok(headers)
}
