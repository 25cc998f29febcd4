"""Every known way to get more out of a PostgreSQL than was decided, and the tests that show it."""

from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "connectors" / "postgresql"
VERDICTS = {
    "test_leaks_closed": "enforced",
    "test_leaks_refused": "refused",
    "test_leaks_told": "reported",
}
"""Which of the three a test shows, by the file that it stands in."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way, the tests about it by name, and the kinds of finding by which a scan tells it.

    `shown` says what its tests show where their file does not.
    """

    way: str
    tests: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    shown: str = ""


PATHS: dict[str, tuple[Way, ...]] = {
    "Objects that read the table as somebody else": (
        Way(
            "A view with its owner's rights over the table",
            ("test_a_view_with_its_owners_rights_shows_raw_rows",),
            ("definer_view",),
        ),
        Way(
            "A `SECURITY DEFINER` function over the table",
            ("test_a_function_with_its_owners_rights_shows_raw_rows",),
            ("definer_function", "dynamic_function"),
        ),
        Way(
            "A `SECURITY DEFINER` function over our view, run as its owner",
            ("test_a_function_over_our_view_sees_it_as_its_owner",),
        ),
        Way(
            "A view stacked on ours: it tests whoever asks",
            ("test_a_stacked_view_tests_whoever_asks",),
        ),
        Way(
            "A view that somebody built on ours, after the grant ended",
            ("test_a_view_that_somebody_built_on_ours_keeps_no_access_alive",),
        ),
        Way(
            "A materialised view of the table",
            ("test_a_materialized_view_keeps_its_rows",),
            ("materialized_view",),
        ),
        Way(
            "A materialised view as what is to be governed",
            ("test_a_materialized_view_is_refused",),
        ),
        Way(
            "A copy (`CREATE TABLE AS`, `LIKE`) made by the person",
            ("test_a_copy_that_somebody_makes_holds_what_they_see",),
        ),
        Way(
            "A foreign table that leads back into the database",
            ("test_a_foreign_table_that_leads_back_is_told",),
            ("foreign_table",),
        ),
        Way("A foreign table as what is to be governed", ("test_a_foreign_table_is_refused",)),
        Way(
            "A rewrite rule that touches the table with another owner's rights",
            ("test_rewrite_rules_work_with_the_owners_rights",),
            ("rule",),
        ),
    ),
    "Partitions, children, and tables that change": (
        Way(
            "A partition or child asked directly",
            ("test_a_partition_left_open_is_refused_and_a_closed_one_stays_closed",),
            ("child",),
        ),
        Way(
            "A partition as what is to be governed",
            ("test_a_partition_is_decided_about_through_its_parent",),
        ),
        Way(
            "A parent that shows the rows of a governed child",
            ("test_children_and_partitions_can_be_asked_directly",),
            ("parent",),
        ),
        Way(
            "A new partition or table, opened by default privileges",
            ("test_default_privileges_open_what_is_not_there_yet",),
            ("default_privileges",),
        ),
        Way(
            "`ADD COLUMN`, which a grant on the whole table would show",
            ("test_a_column_that_is_added_is_hidden_until_it_is_decided",),
        ),
        Way("A typed table whose type grows", ("test_a_typed_table_that_grows_shows_no_more",)),
        Way(
            "The table swapped for another of its name",
            ("test_a_table_that_was_swapped_is_found_and_decided_anew",),
        ),
        Way("`ALTER SCHEMA … RENAME`", ("test_a_schema_that_was_renamed_is_found",)),
    ),
    "Rights that others gave": (
        Way(
            "A second grantor, whose row a plain `REVOKE` leaves",
            ("test_what_a_second_grantor_gave_is_taken_back",),
        ),
        Way("`PUBLIC` may read", ("test_what_everybody_may_read_is_told_and_found",), ("public",)),
        Way("A later `GRANT … ON ALL TABLES`", ("test_later_grants_on_all_tables_open_nothing",)),
        Way(
            "Default privileges that land on our views",
            ("test_default_privileges_of_anybody_land_on_no_view_of_ours",),
        ),
        Way(
            "`TRIGGER`, `REFERENCES`, `TRUNCATE` on the table",
            ("test_rights_beside_reading_tell_or_destroy",),
            ("trigger", "key_oracle", "truncate"),
        ),
        Way(
            "A permissive policy beside policies that were there",
            ("test_a_policy_that_was_there_stays_as_narrow_as_it_was",),
        ),
        Way(
            "A publication, read by replication without any `SELECT`",
            ("test_a_published_table_is_told",),
            ("publication",),
        ),
    ),
    "Who somebody is, or can become": (
        Way(
            "`SET ROLE` to a group that reads more",
            ("test_a_group_that_reads_more_than_its_member_is_found",),
        ),
        Way(
            "A decision about a group, and its members",
            ("test_a_group_that_is_decided_about_is_decided_for_its_members",),
            shown="enforced",
        ),
        Way(
            "Somebody denied who can become somebody else",
            ("test_somebody_elses_way_is_not_borrowed",),
        ),
        Way(
            "NOINHERIT, and membership with the admin option only",
            (
                "test_who_does_not_inherit_is_restricted_and_not_let_in",
                "test_who_has_only_the_admin_option_is_told_and_taken_out",
            ),
            ("admin_option",),
        ),
        Way(
            "A superuser, BYPASSRLS, an owner, a member of one, of pg_read_all_data",
            (
                "test_nobody_is_granted_to_whom_nothing_would_hold",
                "test_a_powerful_role_is_told_with_its_person",
            ),
            (
                "superuser",
                "bypass_rls",
                "replication",
                "owner_member",
                "read_all_data",
                "write_all_data",
                "server_files",
                "server_programs",
            ),
        ),
        Way(
            "CREATEROLE, which before 16 grants itself any role",
            ("test_who_makes_roles_gives_themselves_no_role_of_ours_unnoticed",),
            ("create_role",),
        ),
        Way(
            "The owner of our views as a member of the tables' owner",
            ("test_the_owner_of_our_views_never_stays_in_the_owner_of_the_tables",),
        ),
        Way(
            "Our prober, a member of everybody it asks as",
            ("test_a_prober_that_can_become_everybody_is_governed_by_nothing",),
        ),
        Way(
            "A person whose role is not there",
            ("test_somebody_who_is_not_there_is_granted_nothing",),
        ),
        Way("A person who can log in no more", ("test_somebody_who_can_log_in_no_more_is_found",)),
        Way(
            "A setting of one's own as an identity", ("test_no_setting_of_ones_own_is_an_identity",)
        ),
    ),
    "Time: plans, snapshots, cursors, sessions": (
        Way(
            "A cached plan after the grant ended",
            ("test_a_cached_plan_knows_no_more_than_a_new_one",),
        ),
        Way("A snapshot from before it ended", ("test_a_snapshot_from_before_keeps_no_access",)),
        Way(
            "A cursor that is open when it ends",
            ("test_a_cursor_that_is_open_delivers_on_and_is_waited_for",),
        ),
        Way(
            "A pooler that hands a session on",
            ("test_nothing_of_our_session_reaches_the_next_client_of_a_pooler",),
        ),
        Way("`session_replication_role = replica`", ("test_replica_mode_switches_nothing_off",)),
    ),
    "Writing": (
        Way(
            "A blind `DELETE` or `UPDATE`, where the table has row security",
            ("test_a_blind_write_reaches_no_further_than_the_filter",),
        ),
        Way(
            "A blind `DELETE` or `UPDATE`, where a view governs reading",
            ("test_a_blind_write_past_a_view_is_told",),
        ),
        Way(
            "A foreign key that deletes rows hidden from the one who deletes",
            ("test_a_cascade_deletes_rows_that_are_hidden",),
            ("cascade",),
        ),
        Way("Writing as what is to be granted", ("test_writing_is_not_granted",)),
        Way(
            "A loader that uses `COPY FROM`, which row security would break: it gets a view",
            ("test_a_loader_that_copies_keeps_its_copy",),
            shown="enforced",
        ),
    ),
    "What can be inferred": (
        Way(
            "A unique or foreign key as an oracle",
            ("test_who_may_insert_finds_out_which_hidden_keys_exist",),
        ),
        Way(
            "`EXPLAIN ANALYZE`: counts, no value",
            ("test_an_explained_plan_tells_counts_and_no_value",),
        ),
        Way(
            "A predicate, order or cast on a masked column",
            (
                "test_a_predicate_on_a_masked_column_sees_the_mask",
                "test_a_cast_of_a_masked_column_fails_on_the_mask_alone",
                "test_a_mask_of_null_is_null_however_it_is_asked",
            ),
        ),
        Way("A mask that fails on some value and shows it", ("test_no_value_makes_a_mask_fail",)),
        Way(
            "A cheap function that runs before the filter",
            ("test_a_cheap_function_sees_no_row_behind_the_barrier",),
        ),
        Way(
            "Our view replaced without its barrier",
            ("test_a_view_replaced_without_its_barrier_is_found_and_mended",),
        ),
        Way(
            "The values of a filter, which the catalog shows to all",
            ("test_the_values_of_a_filter_can_be_read_by_all_and_nothing_else_of_the_data",),
        ),
    ),
    "The mask key": (
        Way("In the catalog", ("test_the_mask_key_is_in_no_catalog",)),
        Way(
            "In the log, even when everything is logged",
            ("test_the_mask_key_is_in_no_log_even_when_everything_is_logged",),
        ),
        Way(
            "Read or written by pg_read_all_data, pg_write_all_data",
            ("test_who_may_read_or_write_everything_reaches_no_key",),
        ),
        Way("A token made to order", ("test_nobody_can_have_a_token_made",)),
        Way("No key set", ("test_without_a_key_nothing_is_hashed",)),
    ),
    "What would be approximated": (
        Way(
            "A mask that does not fit the type, or gives the column two types",
            ("test_a_mask_that_would_fail_or_change_the_type_is_refused",),
        ),
        Way(
            "A comparison whose answer depends on the session",
            ("test_a_comparison_that_depends_on_the_session_is_refused",),
        ),
        Way(
            "A collation under which different texts are equal",
            ("test_texts_that_are_equal_without_being_the_same_are_no_filter",),
        ),
        Way("A domain that has no NULL", ("test_a_domain_without_null_hides_no_cell",)),
        Way(
            "Rows along a table that no scan has seen",
            ("test_a_path_through_a_table_that_is_not_known_is_refused",),
        ),
        Way(
            "A schema named `gov` that is not ours",
            ("test_a_schema_of_that_name_that_is_not_ours_is_left_alone",),
        ),
    ),
}


def file_of(test: str) -> str:
    """The file that the test stands in, without its ending; the leak tests before the others."""
    files = sorted(TESTS.glob("test_*.py"), key=lambda file: (file.stem not in VERDICTS, file.stem))
    for file in files:
        if f"\ndef {test}(" in file.read_text():
            return file.stem
    raise LookupError(f"there is no test {test}")


def verdicts(path: Way) -> tuple[str, ...]:
    """What becomes of the way; a test outside of the three files shows what a scan tells."""
    if path.shown:
        return (path.shown,)
    found = {VERDICTS.get(file_of(test), "reported") for test in path.tests}
    return tuple(verdict for verdict in VERDICTS.values() if verdict in found)
