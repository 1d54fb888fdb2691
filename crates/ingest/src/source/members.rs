//! What an archive holds, by path: the folders of an archive are only prefixes of its members' names.

use std::ops::Range;

use super::{Children, Depth, Listed, Listing, is_hidden, path};

/// A file in an archive.
#[derive(Debug, Clone)]
pub(super) struct Member<P> {
    pub(super) listed: Listed,
    /// Where its bytes are.
    pub(super) place: P,
}

/// The members of an archive in bytewise order of paths, each path once.
#[derive(Debug)]
pub(super) struct Members<P> {
    sorted: Vec<Member<P>>,
    misnamed: Vec<String>,
    /// Paths that occurred again; the first occurrence is kept.
    pub(super) repeated: Vec<String>,
}

impl<P> Members<P> {
    /// Members with the names the archive gives them, as bytes. Hidden ones are left out.
    pub(super) fn new(found: Vec<(Vec<u8>, Member<P>)>) -> Self {
        let (mut sorted, mut misnamed, mut repeated) =
            (Vec::with_capacity(found.len()), Vec::new(), Vec::new());
        for (name, mut member) in found {
            let Some(path) = std::str::from_utf8(&name)
                .ok()
                .and_then(|name| path::relative(name).ok())
            else {
                misnamed.push(name.escape_ascii().to_string());
                continue;
            };
            if !path.split('/').any(is_hidden) {
                member.listed.path = path;
                sorted.push(member);
            }
        }
        sorted.sort_by(|a: &Member<P>, b| a.listed.path.cmp(&b.listed.path));
        sorted.dedup_by(|later, first| {
            let again = later.listed.path == first.listed.path;
            if again {
                repeated.push(first.listed.path.clone());
            }
            again
        });
        sorted.shrink_to_fit();
        Self {
            sorted,
            misnamed,
            repeated,
        }
    }

    /// The member of that path.
    pub(super) fn find(&self, path: &str) -> Option<&Member<P>> {
        let at = self.sorted.binary_search_by(|m| m.listed.path.as_str().cmp(path));
        at.ok().and_then(|at| self.sorted.get(at))
    }

    /// What lies directly in `folder`.
    pub(super) fn children(&self, folder: &str) -> Children {
        let (prefix, range) = self.under(folder);
        let mut children = Children::default();
        let mut at = range.start;
        while at < range.end {
            let rest = &self.sorted[at].listed.path[prefix.len()..];
            match rest.split_once('/') {
                None => {
                    children.files.push(rest.to_owned());
                    at += 1;
                }
                Some((name, _)) => {
                    children.folders.push(name.to_owned());
                    // Past all that lies in it.
                    at = self.under(&format!("{prefix}{name}")).1.end;
                }
            }
        }
        children
    }

    /// The files of `folder`, their paths seen from `root`, a folder that holds it.
    pub(super) fn list(&self, root: &str, folder: &str, depth: Depth) -> Option<Listing> {
        let whole = super::join(root, folder);
        let (prefix, range) = self.under(whole.trim_end_matches('/'));
        if range.is_empty() {
            return None;
        }
        let cut = if root.is_empty() { 0 } else { root.len() + 1 };
        let files = self.sorted[range]
            .iter()
            .filter(|member| depth == Depth::Deep || !member.listed.path[prefix.len()..].contains('/'));
        let files = files.map(|member| Listed {
            path: member.listed.path[cut..].to_owned(),
            ..member.listed.clone()
        });
        let misnamed = self.misnamed.iter().filter(|name| name.starts_with(&prefix));
        Some(Listing::new(folder, files.collect(), misnamed.cloned().collect()))
    }

    /// How the paths in `folder` begin, and where they stand.
    fn under(&self, folder: &str) -> (String, Range<usize>) {
        if folder.is_empty() {
            return (String::new(), 0..self.sorted.len());
        }
        let prefix = format!("{folder}/");
        let start = self.sorted.partition_point(|m| m.listed.path < prefix);
        let length = self.sorted[start..].partition_point(|m| m.listed.path.starts_with(&prefix));
        (prefix, start..start + length)
    }
}
