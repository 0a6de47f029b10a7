//! What the audience reads.

use std::{io::IsTerminal, time::Instant};

use crate::process::{say, seconds};

/// Tells the story on standard output, in colours where a person watches.
pub(super) struct Tell {
    colours: bool,
    began: Instant,
    checked: u32,
}

/// How a line looks.
#[derive(Clone, Copy)]
enum Look {
    Bold,
    Dim,
    Green,
    Cyan,
}

impl Tell {
    pub(super) fn new() -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self {
            colours: wanted && std::io::stdout().is_terminal(),
            began: Instant::now(),
            checked: 0,
        }
    }

    /// A new part of the story.
    pub(super) fn act(&self, title: &str) {
        say("");
        say(&self.look(Look::Bold, title));
    }

    /// What happens.
    pub(super) fn step(&self, text: &str) {
        say(&format!("  {text}"));
    }

    /// What the engine says about it, in its own words.
    pub(super) fn quote(&self, text: &str) {
        say(&format!("    {}", self.look(Look::Cyan, &format!("» {text}"))));
    }

    /// Something to look at: a plan, a receipt, a line of a record.
    pub(super) fn show(&self, text: &str) {
        say(&format!("    {}", self.look(Look::Dim, text)));
    }

    /// Something that was claimed, and looked up.
    pub(super) fn checked(&mut self, text: &str) {
        self.checked += 1;
        say(&format!("  {} {text}", self.look(Look::Green, "✓")));
    }

    /// The last line of the story.
    pub(super) fn ending(&self) {
        let took = seconds(self.began.elapsed());
        say("");
        say(&self.look(Look::Bold, &format!("{} claims checked in {took}", self.checked)));
    }

    fn look(&self, look: Look, text: &str) -> String {
        if !self.colours {
            return text.to_owned();
        }
        let code = match look {
            Look::Bold => 1,
            Look::Dim => 2,
            Look::Green => 32,
            Look::Cyan => 36,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}
