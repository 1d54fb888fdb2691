//! The caption cleaner: bytes of any encoding beside a picture, and the same as a dump's texts.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use ingest::captions::html;
use ingest::layout::{self, ColumnFlags, Entry, Layout, LayoutChoice, Texts, Wants};
use stage::Console;

use super::{Seed, dump, place};

thread_local! {
    static LAYOUT: OnceCell<(Box<dyn Layout>, Entry)> = const { OnceCell::new() };
}

pub(crate) fn run(data: &[u8]) {
    place::with(|folder| {
        let text = folder.join("pairs/1.txt");
        place::write(&text, data);
        LAYOUT.with(|opened| {
            let (layout, entry) = opened.get_or_init(|| {
                place::write(&folder.join("pairs/1.jpg"), b"");
                let (pairs, columns) = (folder.join("pairs"), ColumnFlags::default());
                let layout = layout::open(
                    &pairs,
                    LayoutChoice::Sidecar,
                    &columns,
                    Wants::Pictures,
                    &Console::silent(),
                );
                let layout = layout.unwrap_or_else(|e| panic!("{e}"));
                let survey = layout.survey(&Console::silent());
                let entry = survey.unwrap_or_else(|e| panic!("{e}")).entries.remove(0);
                (layout, entry)
            });
            let texts = layout.texts(entry).unwrap_or_else(|(flaw, _)| panic!("{flaw:?}"));
            dump::check_texts(&texts);
        });
    });
    let text = String::from_utf8_lossy(data);
    let lines = html::lines(&text);
    let apart = lines
        .windows(2)
        .all(|pair| !(pair[0].is_empty() && pair[1].is_empty()));
    assert!(apart, "one empty line between paragraphs: {lines:?}");
    let edges = [lines.first(), lines.last()];
    assert!(
        edges.into_iter().flatten().all(|line| !line.is_empty()),
        "{lines:?}"
    );
    dump::check_texts(&Texts {
        title: String::new(),
        attributes: BTreeMap::new(),
        descriptions: vec![text.into_owned()],
        cut: false,
    });
}

pub(crate) fn seeds() -> Vec<Seed> {
    let texts: [(&str, &[u8]); 9] = [
        ("plain", b"A red dress\nof cotton"),
        (
            "html",
            b"<p>Red &amp; white <b>dress</b><br/>Wash care: machine wash</p><ul><li>One</li><li>Two</li></ul><script>x</script>",
        ),
        ("twice", b"&lt;p&gt;Caf&amp;eacute; &amp;lt;b&amp;gt;&lt;/p&gt;"),
        ("mojibake", "womenâ€™s CafÃ© Ã?Â?Ã?Â? Â\u{a0}x".as_bytes()),
        ("latin", b"caf\xe9 cr\xe8me \x96 5\x80"),
        ("utf16", b"\xff\xfea\0b\0c\0"),
        ("invisible", "A\u{a0}B\u{200b}C\u{feff}e\u{301}\u{0}\u{202e}".as_bytes()),
        (
            "sections",
            b"Style Note: Wear it with jeans\nSize and Fit\nSlim\nWarranty: 6 months\nSole: rubber",
        ),
        ("unclosed", b"<table><tr><td><a href='x'<<p></td><!-- <style>"),
    ];
    texts
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text.to_vec()))
        .collect()
}
