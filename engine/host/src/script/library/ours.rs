//! What this engine brings.

use super::{ScriptFunction, entry};

pub(super) const AMOUNTS: &[ScriptFunction] = &[
    entry(
        "money(text) -> money",
        "An amount as it is written.",
        r#"money("12.50 EUR") == money("12.5 EUR")"#,
    ),
    entry(
        "money(number, text) -> money",
        "An amount of a currency.",
        r#"money(5, "EUR") == money("5 EUR")"#,
    ),
    entry(
        "money.amount -> decimal",
        "The amount alone.",
        r#"money("12.50 EUR").amount == decimal("12.5")"#,
    ),
    entry(
        "money.currency -> text",
        "The currency's code.",
        r#"money("12.50 EUR").currency == "EUR""#,
    ),
    entry("abs(money) -> money", "Without its sign.", r#"abs(money("-5 EUR")) == money("5 EUR")"#),
    entry(
        "round(money) -> money",
        "To the digits of its currency; halves go away from zero.",
        r#"round(money("2.345 EUR")) == money("2.35 EUR") && round(money("2.5 JPY")) == money("3 JPY")"#,
    ),
    entry(
        "round(money, number) -> money",
        "To so many places.",
        r#"round(money("2.345 EUR"), 1) == money("2.3 EUR")"#,
    ),
    entry(
        "convert(money, text) -> money",
        "In another currency, through the rates frozen with the request, to the last place that an amount can have. To compare two amounts it is not needed.",
        r#"convert(money("1000 USD"), "EUR") == money("920 EUR")"#,
    ),
    entry(
        "sum(list) -> number, decimal or money",
        "Of numbers, or of money of one currency; of an empty list, the number zero.",
        r#"sum([money("1 EUR"), money("2 EUR")]) == money("3 EUR") && sum([]) == 0"#,
    ),
    entry(
        "sum(list, text) -> money",
        "Of money, each amount in that currency.",
        r#"sum([money("80 EUR"), money("1000 USD")], "EUR") == money("1000 EUR") && sum([], "EUR") == money("0 EUR")"#,
    ),
    entry(
        "min(value, value) -> value",
        "The lesser of two of a kind.",
        r#"min(money("900 EUR"), money("1000 USD")) == money("900 EUR")"#,
    ),
    entry(
        "max(value, value) -> value",
        "The greater of two of a kind.",
        r#"max(date("2026-03-02"), date("2026-03-06")) == date("2026-03-06")"#,
    ),
    entry(
        "min(list) -> value",
        "The least; nothing where the list is empty.",
        "min([3, 1, 2]) == 1 && min([]) == ()",
    ),
    entry(
        "max(list) -> value",
        "The greatest; nothing where the list is empty.",
        r#"max([money("1 EUR"), money("1 USD")]) == money("1 EUR")"#,
    ),
    entry(
        "decimal(text) -> decimal",
        "An exact number as it is written.",
        r#"decimal("0.1") + decimal("0.2") == decimal("0.3")"#,
    ),
    entry(
        "round(decimal, number) -> decimal",
        "To so many places; halves go away from zero.",
        r#"round(decimal("2.5"), 0) == 3 && round(1 / 3, 2) == decimal("0.33")"#,
    ),
    entry("round(number, number) -> number", "A whole number is what it is.", "round(5, 2) == 5"),
];

pub(super) const DATES: &[ScriptFunction] = &[
    entry("date(text) -> date", "A day as it is written.", r#"date("2026-03-02").year == 2026"#),
    entry(
        "date(number, number, number) -> date",
        "A day by year, month and day.",
        r#"date(2026, 3, 2) == date("2026-03-02")"#,
    ),
    entry("date.year -> number", "Its year.", r#"date("2026-03-02").year == 2026"#),
    entry("date.month -> number", "Its month, from one.", r#"date("2026-03-02").month == 3"#),
    entry("date.day -> number", "Its day of the month.", r#"date("2026-03-02").day == 2"#),
    entry(
        "date.weekday -> text",
        "`monday` to `sunday`.",
        r#"date("2026-03-02").weekday == "monday""#,
    ),
    entry(
        "add_days(date, number) -> date",
        "So many days later; `date + number` is the same.",
        r#"add_days(date("2026-02-28"), 1) == date("2026-03-01") && date("2026-03-01") - 1 == date("2026-02-28")"#,
    ),
    entry(
        "add_weeks(date, number) -> date",
        "So many weeks later.",
        r#"add_weeks(date("2026-03-02"), -1) == date("2026-02-23")"#,
    ),
    entry(
        "add_months(date, number) -> date",
        "So many months later; the last day of a month that is shorter.",
        r#"add_months(date("2026-01-31"), 1) == date("2026-02-28")"#,
    ),
    entry(
        "add_years(date, number) -> date",
        "So many years later.",
        r#"add_years(date("2024-02-29"), 1) == date("2025-02-28")"#,
    ),
    entry(
        "days_between(date, date) -> number",
        "From the first to the second, negative where that is before; `second - first` is the same.",
        r#"days_between(date("2026-03-02"), date("2026-03-06")) == 4 && date("2026-03-06") - date("2026-03-02") == 4"#,
    ),
    entry(
        "start_of_month(date) -> date",
        "The first day of its month.",
        r#"start_of_month(date("2026-02-14")) == date("2026-02-01")"#,
    ),
    entry(
        "end_of_month(date) -> date",
        "The last day of its month.",
        r#"end_of_month(date("2026-02-14")) == date("2026-02-28")"#,
    ),
    entry(
        "start_of_year(date) -> date",
        "The first day of its year.",
        r#"start_of_year(date("2026-02-14")) == date("2026-01-01")"#,
    ),
    entry(
        "end_of_year(date) -> date",
        "The last day of its year.",
        r#"end_of_year(date("2026-02-14")) == date("2026-12-31")"#,
    ),
];

pub(super) const INSTANTS: &[ScriptFunction] = &[
    entry(
        "now() -> timestamp",
        "The instant of the command: the only clock.",
        r#"now() == timestamp("2026-03-06T22:30:00Z")"#,
    ),
    entry(
        "today() -> date",
        "The day of the command in the organization's time zone.",
        r#"today() == date("2026-03-07")"#,
    ),
    entry(
        "today(text) -> date",
        "The same in another time zone.",
        r#"today("UTC") == date("2026-03-06")"#,
    ),
    entry("weekday() -> text", "The day of the week of the command.", r#"weekday() == "saturday""#),
    entry(
        "weekday(text) -> text",
        "The same in another time zone.",
        r#"weekday("UTC") == "friday""#,
    ),
    entry("hour() -> number", "The hour of the command.", "hour() == 0"),
    entry("hour(text) -> number", "The same in another time zone.", r#"hour("UTC") == 22"#),
    entry(
        "hour(timestamp) -> number",
        "The hour of an instant in the organization's time zone.",
        r#"hour(timestamp("2026-03-02T09:00:00Z")) == 11"#,
    ),
    entry(
        "hour(timestamp, text) -> number",
        "The same in another time zone.",
        r#"hour(timestamp("2026-03-02T09:00:00Z"), "UTC") == 9"#,
    ),
    entry(
        "timestamp(text) -> timestamp",
        "An instant as it is written.",
        r#"timestamp("2026-03-02T10:00:00+01:00") == timestamp("2026-03-02T09:00:00Z")"#,
    ),
    entry(
        "date_of(timestamp) -> date",
        "The day of an instant in the organization's time zone.",
        r#"date_of(timestamp("2026-03-06T22:30:00Z")) == date("2026-03-07")"#,
    ),
    entry(
        "date_of(timestamp, text) -> date",
        "The same in another time zone.",
        r#"date_of(timestamp("2026-03-06T22:30:00Z"), "UTC") == date("2026-03-06")"#,
    ),
    entry(
        "start_of_day(date) -> timestamp",
        "The first instant of a day in the organization's time zone.",
        r#"start_of_day(date("2026-03-02")) == timestamp("2026-03-01T22:00:00Z")"#,
    ),
    entry(
        "start_of_day(date, text) -> timestamp",
        "The same in another time zone.",
        r#"start_of_day(date("2026-03-02"), "UTC") == timestamp("2026-03-02T00:00:00Z")"#,
    ),
    entry(
        "seconds_between(timestamp, timestamp) -> number",
        "From the first to the second, negative where that is before; `second - first` is a duration, which never is.",
        r#"seconds_between(now(), now() + duration("2m")) == 120 && now() + duration("2m") - now() == duration("2m")"#,
    ),
    entry(
        "duration(text) -> duration",
        "A length of time as it is written. Durations are added to dates and timestamps, to each other, and multiplied; those of business days go by the organization's calendar.",
        r#"duration("1d") + duration("12h") == duration("36h") && date("2026-03-06") + duration("1bd") == date("2026-03-09")"#,
    ),
    entry(
        "duration.seconds -> number",
        "Its seconds; an error for business days.",
        r#"duration("2m").seconds == 120"#,
    ),
    entry(
        "duration.business_days -> number",
        "Its business days; an error for others.",
        r#"duration("5bd").business_days == 5"#,
    ),
];

pub(super) const BUSINESS: &[ScriptFunction] = &[
    entry(
        "is_business_day(date) -> boolean",
        "Whether work is done on a day, by the organization's calendar.",
        r#"is_business_day(date("2026-03-06")) && !is_business_day(date("2026-03-07"))"#,
    ),
    entry(
        "is_business_day(date, calendar) -> boolean",
        "The same by another calendar.",
        r#"is_business_day(date("2026-03-07"), calendar(#{working_days: ["saturday"]}))"#,
    ),
    entry(
        "add_business_days(date, number) -> date",
        "So many business days later, or before.",
        r#"add_business_days(date("2026-03-06"), 1) == date("2026-03-09") && add_business_days(date("2026-03-09"), -1) == date("2026-03-06")"#,
    ),
    entry(
        "add_business_days(date, number, calendar) -> date",
        "The same by another calendar.",
        r#"add_business_days(date("2026-03-06"), 1, calendar(#{holidays: ["2026-03-09"]})) == date("2026-03-10")"#,
    ),
    entry(
        "business_days_between(date, date) -> number",
        "The business days after the first day, up to the second and with it; negative where that is before.",
        r#"business_days_between(date("2026-03-06"), date("2026-03-10")) == 2"#,
    ),
    entry(
        "business_days_between(date, date, calendar) -> number",
        "The same by another calendar.",
        r#"business_days_between(date("2026-03-06"), date("2026-03-10"), calendar(#{holidays: ["2026-03-09"]})) == 1"#,
    ),
    entry(
        "calendar(map) -> calendar",
        "A calendar of `working_days` and `holidays`, as the setting `calendar` has them; what is left out is as usual. It can stand in the `config` of a rule.",
        r#"is_business_day(date("2026-03-08"), calendar(#{working_days: ["sunday", "monday"], holidays: []}))"#,
    ),
];

pub(super) const PEOPLE: &[ScriptFunction] = &[
    entry(
        "user(text) -> user",
        "The user with a login; an error where there is none. A user has `id`, `login`, `name`, `active`, `groups`, and the organization's properties; one that is not set is nothing.",
        r#"user("bob").login == "bob" && user("bob").active && user("bob").cost_center == ()"#,
    ),
    entry(
        "property_of(user, text) -> value",
        "A property of a user or a login; an error where it is not set.",
        r#"property_of("ann", "cost_center") == "cc-7""#,
    ),
    entry(
        "property_of(user, text, value) -> value",
        "The same, or a default where it is not set.",
        r#"property_of("bob", "cost_center", "none") == "none""#,
    ),
    entry(
        "in_group(user, text) -> boolean",
        "Whether a user or a login is in a group; an error where there is no such group.",
        r#"in_group(requester, "staff") && !in_group("ann", "finance")"#,
    ),
    entry(
        "groups_of(user) -> list",
        "The ids of a user's groups.",
        r#"groups_of("cleo").contains("finance")"#,
    ),
    entry(
        "members(text) -> list",
        "The active members of a group, by id.",
        r#"members("staff").len == 3"#,
    ),
    entry(
        "manager_of(user) -> user",
        "Whom the property `manager` names, or nothing.",
        r#"manager_of(requester).login == "bob" && manager_of("cleo") == ()"#,
    ),
    entry(
        "manager_chain(user) -> list",
        "The managers above, the nearest first, up to who has none or is their own; an error where they go round.",
        r#"join(manager_chain(requester), " ") == "bob cleo""#,
    ),
    entry(
        "manager_chain(user, number) -> list",
        "At most so many of them.",
        r#"join(manager_chain("ann", 1), " ") == "bob""#,
    ),
    entry(
        "first_manager_where(user, function) -> user",
        "The nearest manager for whom the function answers `true`, or nothing.",
        r#"first_manager_where(requester, |boss| in_group(boss, "finance")).login == "cleo""#,
    ),
];

pub(super) const PROBLEMS: &[ScriptFunction] = &[
    entry(
        "problem(text) -> problem",
        "What a validator finds wrong with the whole request.",
        r#"[problem("too late in the year")].len == 1"#,
    ),
    entry(
        "problem(text, text) -> problem",
        "What a validator finds wrong with a property: its name, and what is wrong.",
        r#"[problem("amount", "more than the budget has left")].len == 1"#,
    ),
    entry(
        "problem(item, text) -> problem",
        "What is wrong with an item.",
        r#"problem(request.items[0], "nobody may have it") != ()"#,
    ),
    entry(
        "problem(item, text, text) -> problem",
        "What is wrong with a field of an item.",
        r#"problem(request.items[0], "role", "is for administrators") != ()"#,
    ),
];
