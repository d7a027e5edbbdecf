//! Calls for more messages than one command can name.

use super::{
    Outcome, Refused, Session, TaskId,
    task::{Kind, Task},
};
use crate::{
    Misuse,
    response::{Code, CopyUid, Modified},
};

/// Octets of a set of messages in one command. RFC 2683 section 3.2.1.5 has servers take lines of 8000 octets.
pub(super) const SET_OCTETS: usize = 7000;

impl Session {
    /// One call of several parts, one after another.
    pub(super) fn call_parts<T>(
        &mut self,
        parts: Vec<T>,
        kind: impl Fn(T) -> Kind,
    ) -> Result<TaskId, Misuse> {
        let mut parts = parts.into_iter().map(kind).peekable();
        let Some(first) = parts.next() else { return Err(Misuse::State) };
        let id = self.call(first)?;
        if let Some(task) = self.tasks.back_mut() {
            task.more = parts.peek().is_some();
        }
        while let Some(kind) = parts.next() {
            let more = parts.peek().is_some();
            self.tasks.push_back(Task { more, ..Task::new(id, kind) });
        }
        Ok(id)
    }

    /// A part is over: what the call came to, if it was the last.
    pub(super) fn part_over(
        &mut self,
        task: &mut Task,
        result: Result<Outcome, Refused>,
    ) -> Option<Result<Outcome, Refused>> {
        let mut outcome = match result {
            Ok(outcome) if task.more || !task.codes.is_empty() => outcome,
            Ok(outcome) => return Some(Ok(outcome)),
            Err(refused) => {
                // Its other parts would fare no better.
                let id = task.id;
                self.tasks.retain(|other| other.id != id);
                return Some(Err(refused));
            }
        };
        let code = match &mut outcome {
            Outcome::Completed(text) => text.code.take(),
            Outcome::Moved(code) => code.take(),
            _ => None,
        };
        task.codes.extend(code);
        if task.more
            && let Some(next) = self.tasks.front_mut()
        {
            next.codes = std::mem::take(&mut task.codes);
            return None;
        }
        let code = together(std::mem::take(&mut task.codes));
        match &mut outcome {
            Outcome::Completed(text) => text.code = code,
            Outcome::Moved(moved) => *moved = code,
            _ => {}
        }
        Some(Ok(outcome))
    }
}

/// What the codes of all parts say. Of those that cannot be put together the last counts.
fn together(mut codes: Vec<Code>) -> Option<Code> {
    let last = codes.pop()?;
    match last {
        Code::CopyUid(Some(last)) => {
            let validity = last.validity();
            let mut sets = None;
            for code in codes {
                let Code::CopyUid(Some(copied)) = code else { continue };
                if copied.validity() != validity {
                    return Some(Code::CopyUid(None));
                }
                sets = match sets.take() {
                    None => Some((copied.from().clone(), copied.to().clone())),
                    Some((from, to)) => from.union(copied.from()).zip(to.union(copied.to())),
                };
            }
            let both = match sets {
                None => return Some(Code::CopyUid(Some(last))),
                Some((from, to)) => from.union(last.from()).zip(to.union(last.to())),
            };
            Some(Code::CopyUid(both.and_then(|(from, to)| CopyUid::new(validity, from, to))))
        }
        Code::Modified(Some(last)) => {
            let mut uids = last.uids().clone();
            for code in codes {
                if let Code::Modified(Some(left)) = code {
                    uids = uids.union(left.uids())?;
                }
            }
            Some(Code::Modified(Modified::new(uids)))
        }
        last => Some(last),
    }
}
