//! Publishing: a checked document becomes the next version of its rule (RUL-2).

use engine_core::{
    rejection::Rejection,
    rule::{Definition, Names, Problem, Published, compile},
};

use crate::{
    error::EngineError,
    organization::OrganizationEvent,
    organize::{Changed, Plan, told},
};

impl Plan<'_> {
    /// Publishes a document, unless the newest version is the same and means the same.
    pub(crate) fn publish(
        &mut self,
        definition: Definition,
        comment: String,
    ) -> Result<Changed, EngineError> {
        let newest = self.state.newest(&definition.rule).map(|version| version.published.clone());
        if let Some(newest) = &newest {
            if newest.definition == definition && self.has_types_of(newest) {
                return Ok(Changed::Same(format!("rule {}", definition.rule)));
            }
            if newest.definition.kind != definition.kind {
                return Err(Rejection::RuleInvalid(vec![other_kind(&newest.definition)]).into());
            }
        }
        let version = newest.as_ref().map_or(1, |newest| newest.version + 1);
        let (scripts, plugins) = (self.state.script_names(), self.state.worlds());
        let names = Names::of_today(&self.state.organization, &scripts, &plugins)
            .with_schemas(&self.state.schemas);
        let compiled = compile(&definition, version, &names).map_err(Rejection::RuleInvalid)?;
        let differences = newest
            .map(|newest| self.differences(&told(&newest.definition), &told(&definition)))
            .unwrap_or_default();
        let published = Published {
            version,
            author: self.me.id.clone(),
            at: self.engine.now(),
            comment,
            people: compiled.people,
            user_properties: compiled.user_properties,
            warnings: compiled.warnings.clone(),
            definition,
        };
        let rule = published.definition.rule.clone();
        self.record(OrganizationEvent::RulePublished(Box::new(published)))?;
        Ok(Changed::Published { rule, version, warnings: compiled.warnings, differences })
    }

    /// Whether the properties of people that a version looks at still have the types they had.
    fn has_types_of(&self, version: &Published) -> bool {
        let types = &self.state.organization.user_properties;
        version.user_properties.iter().all(|(name, of)| types.get(name) == Some(of))
    }
}

fn other_kind(newest: &Definition) -> Problem {
    let message =
        format!("the kind of `{}` is `{}` since its first version", newest.rule, newest.kind);
    Problem { path: "kind".to_owned(), message }
}
