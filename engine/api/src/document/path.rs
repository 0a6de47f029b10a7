//! The way to a part of a document: `steps[0].approvers[1].who.group`.

use std::{fmt, ops::Deref, str::FromStr};

/// One turn of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Into a map.
    Key(String),
    /// Into a list, from 0.
    Index(usize),
}

/// The way from the outermost part to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<Segment>);

/// A text that is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a path such as `steps[0].who.group`")]
pub struct BadPath;

impl Path {
    /// Puts a turn before the others.
    pub(super) fn prefix(&mut self, segment: Segment) {
        self.0.insert(0, segment);
    }
}

impl Deref for Path {
    type Target = [Segment];

    fn deref(&self) -> &[Segment] {
        &self.0
    }
}

impl fmt::Display for Path {
    /// Keys that are not plain words stand in brackets and quotes: `config["a.b"]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) if is_word(key) && i == 0 => f.write_str(key)?,
                Segment::Key(key) if is_word(key) => write!(f, ".{key}")?,
                Segment::Key(key) => write!(f, "[{}]", serde_json::Value::from(key.as_str()))?,
            }
        }
        Ok(())
    }
}

impl FromStr for Path {
    type Err = BadPath;

    fn from_str(text: &str) -> Result<Self, BadPath> {
        let mut segments = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let (segment, after) = bracketed(inside)?;
                segments.push(segment);
                rest = after;
                continue;
            }
            let word = match rest.strip_prefix('.') {
                Some(after) if !segments.is_empty() => after,
                None if segments.is_empty() => rest,
                Some(_) | None => return Err(BadPath),
            };
            let end = word.find(['.', '[']).unwrap_or(word.len());
            let (key, after) = word.split_at(end);
            if key.is_empty() {
                return Err(BadPath);
            }
            segments.push(Segment::Key(key.to_owned()));
            rest = after;
        }
        Ok(Self(segments))
    }
}

/// What stands after `[`, and the text after its `]`.
fn bracketed(inside: &str) -> Result<(Segment, &str), BadPath> {
    if inside.starts_with('"') {
        let mut values = serde_json::Deserializer::from_str(inside).into_iter::<String>();
        let key = values.next().and_then(Result::ok).ok_or(BadPath)?;
        let after = inside.get(values.byte_offset()..).and_then(|rest| rest.strip_prefix(']'));
        return Ok((Segment::Key(key), after.ok_or(BadPath)?));
    }
    let (index, after) = inside.split_once(']').ok_or(BadPath)?;
    Ok((Segment::Index(index.parse().map_err(|_| BadPath)?), after))
}

fn is_word(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_print_as_they_are_read() {
        for text in
            ["", "steps", "steps[0].approvers[12].who", "[0][1].a", "config[\"a.b \\\"\"].c"]
        {
            assert_eq!(text.parse::<Path>().map(|path| path.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn other_texts_are_no_paths() {
        for text in [".a", "a.", "a..b", "a[", "a[x]", "a[\"b]", "a[0]b", "a[-1]"] {
            assert_eq!(text.parse::<Path>(), Err(BadPath), "{text}");
        }
    }
}
