//! The contract of a store, held by both databases on every run: each case runs on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test stops at its first surprise")]

mod alerts;
mod apps;
mod audit;
mod batches;
mod corruption;
mod expiry;
mod harness;
mod history;
mod idempotency;
mod lists;
mod log;
mod payments;
mod people;
mod rollups;
mod schema;
mod sessions;
mod settle;
mod usage;
mod webhooks;

/// Declares each case as one test per database: `sqlite::lists::…`, `postgres::lists::…`.
macro_rules! contract {
    ($($subject:ident: $($case:ident,)*;)*) => {
        mod sqlite {
            $(mod $subject { $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    crate::harness::Harness::sqlite().await.run(crate::$subject::$case).await;
                }
            )* })*
        }
        mod postgres {
            $(mod $subject { $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let statements = zenwallet_store::Statements::Auto;
                    crate::harness::Harness::postgres(statements).await.run(crate::$subject::$case).await;
                }
            )* })*
        }
    };
}

contract! {
    alerts:
        an_alert_goes_to_whom_it_concerns,
        what_was_told_is_not_told_again,
        the_first_email_goes_at_once_and_the_next_tells_the_rest,
        an_email_that_failed_is_tried_again_until_it_is_given_up,
        two_nodes_never_claim_the_same_alert,
        what_nobody_wants_any_more_is_dropped,
        what_waits_for_one_user_has_a_bound,
        an_endpoints_failure_is_told_once,
        old_alerts_are_forgotten,
    ;
    apps:
        an_app_and_its_key_come_back_as_they_were_made,
        an_app_is_made_whole_or_not_at_all,
        a_rotated_key_overlaps_with_its_successor,
        a_revoked_key_stays_revoked_from_its_first_moment,
        a_key_remembers_its_latest_use,
        nodes_hear_how_keys_are_used_elsewhere,
        what_was_told_of_keys_long_ago_is_forgotten,
        an_instance_keeps_its_facts,
        a_changed_app_is_what_it_was_changed_to,
        an_app_is_deleted_once_nobody_can_pay_it,
        a_new_key_ends_those_that_make_room_for_it,
        an_app_has_so_many_working_keys_and_no_more,
        a_key_is_changed_by_its_own_app_alone,
        a_user_has_so_many_apps_and_no_more,
    ;
    audit:
        the_audit_log_is_neither_changed_nor_removed,
        every_list_of_entries_equals_a_filtered_vec,
        a_change_whose_last_statement_fails_leaves_nothing,
        what_changes_nothing_is_not_written_down,
    ;
    batches:
        a_bad_command_fails_alone,
        a_full_queue_refuses_and_loses_nothing,
        closing_answers_what_was_accepted,
        a_probe_commits,
    ;
    corruption:
        a_value_nobody_writes_names_its_place,
    ;
    expiry:
        the_due_expire_exactly_once,
        a_sweep_keeps_its_limit,
        two_nodes_expire_each_payment_once,
        the_next_expiry_is_that_of_a_pending_payment,
    ;
    history:
        a_random_history_equals_the_model,
    ;
    idempotency:
        a_key_replays_its_first_answer,
        a_key_belongs_to_one_request_of_one_app,
        a_failed_command_leaves_its_key_free,
        a_key_is_free_again_after_a_day,
        a_key_answers_whatever_the_clock_is_set_to,
        many_requests_with_one_key_make_one_payment,
        old_keys_are_pruned,
        a_reserved_key_is_nobody_else_s_until_it_is_answered,
        a_reservation_is_abandoned_after_a_minute,
    ;
    lists:
        every_list_equals_a_filtered_vec,
        an_event_log_is_read_in_pages,
    ;
    log:
        an_event_is_found_by_its_id_by_its_own_app,
        events_of_one_type_equal_a_filtered_vec,
        a_log_begins_where_its_events_are_still_needed,
        an_event_outlives_its_deliveries,
        what_was_appended_is_told_after_it_can_be_read,
        other_nodes_are_told_where_they_can_be,
    ;
    payments:
        a_payment_comes_back_as_it_was_made,
        an_unknown_payment_is_none,
    ;
    people:
        a_user_comes_back_as_he_was_made,
        the_setup_admits_one_and_closes_for_ever,
        whoever_is_not_admitted_leaves_no_trace,
        an_address_is_taken_once_whatever_the_admission,
        an_invitation_is_good_once_and_in_its_time,
        a_newer_link_ends_the_older_of_its_purpose,
        a_change_is_made_whole_or_not_at_all,
        of_many_who_saw_the_same_state_one_changes_it,
        the_last_active_admin_stays,
        a_half_minute_is_spent_once_and_none_before_it,
        a_recovery_code_is_spent_once,
    ;
    rollups:
        after_any_history_rollups_are_what_the_payments_say,
        a_volume_is_exact_beyond_every_integer,
        only_the_busiest_currencies_are_told_apart,
        a_rebuild_mends_what_is_wrong_and_nothing_else,
        a_rebuild_loses_nothing_that_happens_meanwhile,
        the_migration_counts_the_payments_that_are_there,
    ;
    schema:
        migrating_twice_is_a_no_op,
        two_nodes_migrate_once,
        a_foreign_schema_is_refused,
        the_views_show_what_was_promised,
        commits_are_durable,
    ;
    sessions:
        a_random_walk_of_sessions_equals_the_model,
        of_many_who_renew_with_one_token_one_is_given_another,
        a_proof_and_a_renewal_are_never_in_each_others_way,
        the_oldest_sessions_make_room,
        a_session_ends_by_rest_and_by_age,
        a_closed_account_renews_nothing,
        all_sessions_end_but_for_the_one_that_is_spared,
        only_sessions_that_are_over_are_forgotten,
    ;
    settle:
        every_status_meets_every_action,
        a_payment_of_another_app_is_not_found,
        a_hundred_completes_change_it_once,
    ;
    usage:
        usage_is_a_sum_over_all_that_was_added_and_created,
        a_kept_answer_is_known_by_its_key_and_app,
    ;
    webhooks:
        an_endpoint_comes_back_as_it_was_made,
        an_event_goes_to_its_targets_and_nowhere_else,
        a_changed_endpoint_counts_from_the_next_event_on_every_node,
        a_delivery_is_born_leased_while_its_node_has_room,
        a_claim_takes_what_is_due_and_what_has_a_slot,
        a_claim_tells_when_the_next_is_due,
        a_result_counts_under_its_lease_alone,
        two_nodes_never_hold_the_same_lease,
        a_node_that_comes_back_gives_up_its_old_leases,
        a_disabled_endpoint_is_announced_and_called_no_more,
        an_endpoint_remembers_since_when_it_fails,
        a_test_is_an_event_of_its_own,
        a_test_tells_nothing_about_an_endpoints_health,
        a_waiting_delivery_can_be_hurried_and_called_off,
        what_a_wrong_clock_put_off_is_due_again,
        what_failed_can_be_found_and_sent_again_once,
        what_was_called_off_with_its_endpoint_can_be_sent_again,
        an_endpoints_headers_go_to_its_present_address_alone,
        every_list_of_deliveries_equals_a_filtered_vec,
        what_is_old_and_over_is_forgotten,
        secrets_overlap,
    ;
}

/// Through a pooler statements go unnamed: the same cases, where the way of sending can matter.
mod postgres_unnamed {
    use crate::harness::Harness;
    use zenwallet_store::Statements::Unnamed;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn unnamed_statements_do_the_same() {
        Harness::postgres(Unnamed).await.run(crate::payments::a_payment_comes_back_as_it_was_made).await;
        Harness::postgres(Unnamed).await.run(crate::lists::every_list_equals_a_filtered_vec).await;
        Harness::postgres(Unnamed).await.run(crate::rollups::after_any_history_rollups_are_what_the_payments_say).await;
        Harness::postgres(Unnamed).await.run(crate::history::a_random_history_equals_the_model).await;
        Harness::postgres(Unnamed).await.run(crate::idempotency::a_key_replays_its_first_answer).await;
        Harness::postgres(Unnamed).await.run(crate::apps::a_rotated_key_overlaps_with_its_successor).await;
        Harness::postgres(Unnamed).await.run(crate::apps::nodes_hear_how_keys_are_used_elsewhere).await;
        Harness::postgres(Unnamed).await.run(crate::batches::a_bad_command_fails_alone).await;
        Harness::postgres(Unnamed).await.run(crate::webhooks::a_result_counts_under_its_lease_alone).await;
        Harness::postgres(Unnamed).await.run(crate::log::a_log_begins_where_its_events_are_still_needed).await;
        Harness::postgres(Unnamed).await.run(crate::webhooks::two_nodes_never_hold_the_same_lease).await;
    }
}
