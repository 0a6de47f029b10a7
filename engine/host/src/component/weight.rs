//! How much of the machine a component needs, told from its file before it is compiled.
//!
//! A component in a compiled language is one module with two small ones around it; an interpreter comes
//! with its libraries as modules of their own, and with the memory that was in use when it was built.

use super::section::{self, FileKind};

/// Which pool a component runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// In a compiled language: most plugins.
    Light,
    /// An interpreter, or something of its size.
    Heavy,
}

/// The most core instances of a light component.
const INSTANCES: u64 = 6;
/// The most pages of 64 KiB that the memories of a light component begin with.
const PAGES: u64 = 32;
/// The most elements that the tables of a light component begin with.
const ELEMENTS: u64 = 4_096;
/// Components in components that are looked into.
const MAX_DEPTH: usize = 16;

const CORE_MODULE: u8 = 1;
const CORE_INSTANCE: u8 = 2;
const COMPONENT: u8 = 4;
const TABLE: u8 = 4;
const MEMORY: u8 = 5;
const INSTANTIATE: u8 = 0;

/// What a component begins with.
#[derive(Debug, Default, PartialEq, Eq)]
struct Needs {
    instances: u64,
    pages: u64,
    elements: u64,
}

/// The weight of a component file. What cannot be read is not counted: it does not compile either.
pub(crate) fn weigh(file: &[u8]) -> Weight {
    let mut needs = Needs::default();
    needs.of_component(file, 0);
    let light = needs.instances <= INSTANCES && needs.pages <= PAGES && needs.elements <= ELEMENTS;
    if light { Weight::Light } else { Weight::Heavy }
}

impl Needs {
    fn of_component(&mut self, file: &[u8], depth: usize) {
        for (id, content) in section::sections(file) {
            match id {
                CORE_MODULE if section::kind(content) == FileKind::CoreModule => {
                    self.of_module(content);
                }
                CORE_INSTANCE => self.instances += instantiated(content).unwrap_or(0),
                COMPONENT if depth < MAX_DEPTH => self.of_component(content, depth + 1),
                _ => {}
            }
        }
    }

    fn of_module(&mut self, module: &[u8]) {
        for (id, content) in section::sections(module) {
            match id {
                MEMORY => self.pages = self.pages.saturating_add(least(content, 0).unwrap_or(0)),
                TABLE => {
                    self.elements = self.elements.saturating_add(least(content, 1).unwrap_or(0));
                }
                _ => {}
            }
        }
    }
}

/// The sum of what memories, or tables, begin with; before the limits of each there are so many bytes.
fn least(content: &[u8], before: usize) -> Option<u64> {
    let (count, mut rest) = section::leb128(content)?;
    let mut sum = 0_u64;
    for _ in 0..count {
        rest = rest.get(before..)?;
        let (flags, after) = rest.split_first()?;
        let (least, after) = section::leb128(after)?;
        let (_, after) = if flags & 1 == 1 { section::leb128(after)? } else { (0, after) };
        sum = sum.saturating_add(least as u64);
        rest = after;
    }
    Some(sum)
}

/// How many modules a section of core instances instantiates; the others only give names to what is there.
fn instantiated(content: &[u8]) -> Option<u64> {
    let (count, mut rest) = section::leb128(content)?;
    let mut found = 0;
    for _ in 0..count {
        let (kind, after) = rest.split_first()?;
        rest = after;
        if *kind == INSTANTIATE {
            found += 1;
            (_, rest) = section::leb128(rest)?;
        }
        let (members, mut after) = section::leb128(rest)?;
        for _ in 0..members {
            let (length, name) = section::leb128(after)?;
            // The name, and a byte for the sort of what it names.
            (_, after) = section::leb128(name.get(length.checked_add(1)?..)?)?;
        }
        rest = after;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(text: &str) -> Weight {
        weigh(&wat::parse_str(text).unwrap())
    }

    fn component(instances: usize, memory: &str) -> String {
        format!(
            "(component (core module $m (memory {memory}) (table 1 8 funcref)) {} \
             (component (core module (table 2 funcref))))",
            "(core instance (instantiate $m (with \"a\" (instance)) (with \"b\" (instance))))"
                .repeat(instances)
        )
    }

    #[test]
    fn large_memories_and_many_instances_are_heavy() {
        assert_eq!(weight("(component)"), Weight::Light);
        assert_eq!(weight(&component(6, "32 40")), Weight::Light);
        assert_eq!(weight(&component(7, "1")), Weight::Heavy);
        assert_eq!(weight(&component(1, "33")), Weight::Heavy);
        let table = "(component (component (core module (table 4097 funcref))))";
        assert_eq!(weight(table), Weight::Heavy);
    }

    #[test]
    fn nonsense_weighs_nothing() {
        let file = wat::parse_str(component(3, "1 2")).unwrap();
        for length in 0..file.len() {
            assert_eq!(weigh(&file[..length]), Weight::Light);
        }
        let count_only = [&file[..8], &[CORE_INSTANCE, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]].concat();
        assert_eq!(weigh(&count_only), Weight::Light);
    }
}
