//! `countersign apply` with and without `--prune`.

use std::fs;

use engine_api::directory::DirectoryDoc;

use crate::process::Home;

const WHOLE: &str = "\
directory:
  groups: [staff, guests]
  users:
    - {login: ann, groups: [staff]}
    - {login: zoe, groups: [guests]}
  nodes: [{id: paris, permissions: [{group: guests, level: read}]}, {id: rome}]
  resources: [{id: shop-db, owner: ann}, {id: old-db, owner: zoe}]
";
/// The same without a user, a group, a node and a resource.
const LESS: &str = "\
directory:
  groups: [staff]
  users: [{login: ann, groups: [staff]}]
  nodes: [{id: paris}]
  resources: [{id: shop-db, owner: ann}]
";

/// What is there, by kind: active users, groups, nodes, resources.
fn names(directory: &DirectoryDoc) -> [Vec<String>; 4] {
    let active = directory.users.iter().filter(|user| user.active);
    let mut names: [Vec<String>; 4] = [
        active.map(|user| user.login.to_string()).collect(),
        directory.groups.iter().map(|group| group.id.to_string()).collect(),
        directory.nodes.iter().map(|node| node.id.to_string()).collect(),
        directory.resources.iter().map(|resource| resource.id.to_string()).collect(),
    ];
    names.iter_mut().for_each(|names| names.sort());
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_files_do_not_name_goes_with_prune_and_stays_without() {
    let home = Home::new();
    let (whole, less) = (home.path("whole.yaml"), home.path("less.yaml"));
    fs::write(&whole, WHOLE).unwrap();
    fs::write(&less, LESS).unwrap();
    let (whole, less) = (whole.to_str().unwrap(), less.to_str().unwrap());
    let server = home.serve();
    let olga = home.token.as_str();
    let client = server.client(olga);
    let all = [
        vec!["ann", "olga", "zoe"],
        vec!["guests", "staff"],
        vec!["paris", "rome"],
        vec!["old-db", "shop-db"],
    ];
    let left = [vec!["ann", "olga"], vec!["staff"], vec!["paris"], vec!["shop-db"]];

    server.done(olga, &["apply", "-f", whole]);
    assert_eq!(names(&client.directory().await.unwrap()), all);
    let kept = server.done(olga, &["apply", "-f", less]);
    assert!(!kept.contains("- "), "{kept}");
    assert_eq!(names(&client.directory().await.unwrap()), all, "nothing goes without `--prune`");

    let dry = server.done(olga, &["apply", "-f", less, "--prune", "--dry-run"]);
    assert!(dry.contains("- user zoe\n"), "{dry}");
    assert_eq!(names(&client.directory().await.unwrap()), all, "nothing goes in a dry run");

    let pruned = server.done(olga, &["apply", "-f", less, "--prune"]);
    for gone in ["- user zoe\n", "- group guests\n", "- node rome\n", "- resource old-db\n"] {
        assert!(pruned.contains(gone), "{pruned}");
    }
    assert!(pruned.contains("4 changed, "), "{pruned}");
    let directory = client.directory().await.unwrap();
    assert_eq!(names(&directory), left, "the owner stays, though no file names her");
    let zoe = directory.users.iter().find(|user| user.login.as_str() == "zoe").unwrap();
    assert!(!zoe.active, "DIR-8: a removed user keeps their history");
    assert!(server.done(olga, &["apply", "-f", less, "--prune"]).contains("0 changed, "));
    server.stop();
}
