"""Every given/when/then row of the sources, and the tests that hold it, or why it means nothing here."""

from __future__ import annotations

Proof = tuple[str, ...] | str

KEEPER = "engine.ordered.test_keeper"
ON_A_LOG = "faults.test_desk_on_a_log"
SESSION = "sync.ordered.test_session_on_a_log"

# A tuple names tests as module::name (with its folders below tests, where it is not in this one); a text is the reason
# why there is none.
ROWS: dict[str, Proof] = {
    "EP-01": ("test_fanout::test_ep_01_a_peer_that_has_everything_gets_no_frame",),
    "EP-02": ("test_fanout::test_ep_02_one_rev_behind_is_a_single_op_frame",),
    "EP-03": ("test_fanout::test_ep_03_more_behind_is_exactly_one_batch",),
    "EP-04": ("test_fanout::test_ep_04_without_the_capability_single_frames_in_order",),
    "EP-05": ("test_fanout::test_ep_05_both_kinds_of_peer_end_equal_after_the_same_burst",),
    "EP-06": ("test_fanout::test_ep_06_the_cursor_stays_while_a_send_is_blocked",),
    "EP-07": ("test_fanout::test_ep_07_any_number_of_kicks_while_blocked_sends_every_rev_once_in_order",),
    "EP-08": ("test_fanout::test_ep_08_a_log_that_cannot_be_read_once_loses_nothing",),
    "EP-09": ("test_fanout::test_ep_09_after_a_failed_send_the_peer_gets_only_what_it_lacks",),
    "EP-10": ("test_fanout::test_ep_10_a_failed_range_is_not_lost_to_a_later_one",),
    "EP-11": ("test_fanout::test_ep_11_an_acknowledgement_never_overtakes_lower_revs",),
    "EP-12": ("test_replica::test_ep_12_a_known_rev_is_counted_and_ignored",),
    "EP-13": ("test_link::test_ep_13_a_gap_is_asked_for_at_once_and_healed",),
    "EP-14": (
        "test_link::test_ep_14_a_frame_that_cannot_be_read_is_asked_for_again",
        "test_replica::test_ep_14_a_batch_with_a_bad_item_changes_nothing",
    ),
    "EP-15": (
        "test_fanout::test_ep_15_a_long_backlog_is_squashed_to_the_newest_values",
        "test_fanout::test_ep_15_batches_stay_below_the_byte_cap",
        "test_fanout::test_ep_15_a_peer_that_cannot_read_squashes_gets_pieces",
    ),
    "EP-16": ("test_fanout::test_ep_16_every_entry_of_a_batch_has_its_own_time",),
    "EP-17": ("test_replica::test_ep_17_a_thousand_joins_at_any_moment_of_full_edit_rate_have_no_gap",),
    "EP-18": (
        "test_fanout::test_ep_18_equal_cursors_share_one_serialisation",
        "test_fanout::test_ep_18_authors_get_frames_of_their_own_from_the_same_encodings",
    ),
    "EP-19": (
        "test_fanout::test_ep_19_a_stalled_peer_does_not_hold_the_others",
        "test_fanout::test_ep_19_a_stalled_peer_does_not_put_off_the_first_op_after_a_pause",
        "test_stalled_peer::test_ep_19_and_ep_20_a_stall_of_five_seconds_costs_the_others_nothing_and_ends_in_one_frame",
    ),
    "EP-20": (
        "test_fanout::test_ep_20_a_stalled_peer_catches_up_in_one_frame_or_is_dropped",
        "test_stalled_peer::test_ep_19_and_ep_20_a_stall_of_five_seconds_costs_the_others_nothing_and_ends_in_one_frame",
    ),
    "EP-21": ("test_replica::test_ep_21_whoever_watches_is_told_the_same_of_singles_and_of_a_batch",),
    "EP-22": ("test_fanout::test_ep_22_metrics_by_type_unknown_ones_folded_and_off_without_effect",),
    "EP-23": (
        "test_link::test_ep_23_only_the_desk_that_floods_is_limited_and_told",
        "test_link::test_ep_23_a_join_is_not_charged",
        "test_link::test_ep_23_bulk_that_nobody_asked_for_is_charged_once_the_link_is_live",
        "test_presence::test_ep_23_the_bucket_lets_a_burst_pass_then_the_rate",
    ),
    "EP-24": (
        "test_oplog::test_ep_24_an_op_that_is_sent_twice_is_applied_once",
        "test_replica::test_ep_24_an_edit_whose_acknowledgement_was_lost_is_applied_once",
    ),
    "EP-25": ("test_replica::test_ep_25_pending_edits_are_sent_again_without_another_keystroke",),
    "EP-26": (
        "sync.ordered.test_log_link::test_ep_26_five_seconds_without_an_answer_make_a_new_link_with_every_edit_once",
        "sync.ordered.test_log_link::test_ep_26_edits_that_never_arrived_leave_with_the_new_link",
        "test_replica::test_ep_26_a_missing_answer_is_late_after_one_second_and_dead_after_five",
    ),
    "EP-27": (
        "test_fanout::test_ep_27_a_wrong_packer_or_cursor_rule_fails_a_row",
        "test_fanout::test_ep_27_the_receiver_notices_a_batch_that_skips_or_doubles",
    ),
    "SD-01": ("test_journal::test_sd_01_a_round_is_one_history_and_one_meta_call_and_idle_is_none",),
    "SD-02": (
        "test_journal::test_sd_02_a_cascade_is_one_history_call_in_delivery_order",
        "test_oplog::test_sd_02_one_arrival_releases_all_that_waited_in_one_step",
    ),
    "SD-03": (
        "test_journal::test_sd_03_a_failed_meta_fails_no_edit_and_the_next_round_brings_the_disk_up",
        "test_journal::test_sd_03_a_meta_that_failed_goes_again_unless_there_is_a_newer_one",
    ),
    "SD-04": ("test_journal::test_sd_04_two_failed_rounds_travel_with_the_third_in_order",),
    "SD-05": ("test_journal::test_sd_05_a_failed_history_is_flushed_by_a_round_that_adds_none",),
    "SD-06": (
        "test_journal::test_sd_06_latest_wins_while_the_disk_is_away",
        "test_journal::test_sd_06_what_never_got_near_the_disk_needs_no_evict",
    ),
    "SD-07": ("test_journal::test_sd_07_what_is_queued_during_a_flush_stays_queued",),
    "SD-08": (
        "test_journal::test_sd_08_a_load_that_fails_is_loud",
        "test_journal::test_sd_08_a_row_that_is_missing_or_unreadable_is_named_and_nothing_is_used",
        "test_journal::test_sd_08_an_unknown_schema_is_refused",
        "test_sqlite_store::test_sd_08_a_file_of_another_schema_or_kind_is_refused_and_not_touched",
        "test_sqlite_store::test_sd_08_a_damaged_row_is_named_and_its_channel_is_put_aside_whole_when_told",
    ),
    "SD-09": (f"{KEEPER}::test_sd_09_and_sd_10_logs_that_cannot_be_dropped_are_told_and_the_others_go",),
    "SD-10": (f"{KEEPER}::test_sd_09_and_sd_10_logs_that_cannot_be_dropped_are_told_and_the_others_go",),
    "SD-11": ("test_sqlite_store::test_sd_11_two_hundred_kills_leave_a_consistent_file",),
    "SD-12": ("test_journal::test_sd_12_a_restart_keeps_time_counts_outbox_and_held_ops",),
    "SD-13": (
        "test_journal::test_sd_13_memory_and_disk_hold_the_newest_and_keep_their_order",
        "test_oplog::test_sd_13_the_log_keeps_the_newest_and_says_where_it_begins",
    ),
    "SD-14": ("test_oplog::test_sd_14_a_dependency_is_delivered_before_those_that_waited_in_lamport_order",),
    "SD-15": (
        "test_oplog::test_sd_15_any_permutation_and_duplication_has_the_same_outcome",
        "test_model::TestOneAuthority",
    ),
    "SD-16": (f"{KEEPER}::test_sd_16_two_desks_that_edit_a_fresh_session_at_once_find_it_loaded_once",),
    "SD-17": (
        "test_repair::test_sd_17_a_clock_that_names_my_count_settles_my_op_once",
        "test_repair::test_sd_17_a_heart_beat_with_a_position_counts_as_seen",
        "test_repair::test_sd_17_only_somebody_elses_heart_beat_says_that_an_edit_was_seen",
    ),
    "SD-18": (
        "test_repair::test_sd_18_one_hit_is_possibly_and_two_different_ones_are_seen",
        "test_mesh::test_sd_18_a_filter_of_another_engine_says_perhaps_and_two_different_ones_say_seen",
    ),
    "SD-19": ("test_repair::test_sd_19_one_forged_hit_or_the_same_one_again_is_never_seen",),
    "SD-20": (
        "test_replica::test_sd_20_without_an_answer_the_bytes_go_again_and_then_it_is_undelivered",
        "test_replica::test_sd_20_links_that_die_without_an_answer_count_towards_undelivered",
    ),
    "SD-21": ("test_repair::test_sd_21_requests_go_out_at_fixed_times_three_at_a_time_most_overdue_first",),
    "SD-22": (
        "test_repair::test_sd_22_a_lost_request_is_asked_again_more_rarely_and_then_lost",
        "test_repair::test_sd_22_waiters_of_a_lost_op_are_let_go",
        "test_repair::test_sd_22_the_author_answers_a_want_at_once",
        "test_mesh::test_sd_22_what_nobody_has_is_asked_for_more_rarely_then_as_a_whole_state_and_then_given_up",
    ),
    "SD-23": (
        "test_repair::test_sd_23_the_author_answers_at_once_and_the_others_cancel",
        "test_repair::test_sd_23_being_asked_again_does_not_put_an_answer_off",
        "test_mesh::test_sd_23_of_several_that_have_it_one_answers_and_the_others_cancel",
    ),
    "SD-24": (
        "test_repair::test_sd_24_whoever_hears_the_same_request_waits",
        "test_mesh::test_sd_24_of_two_that_miss_the_same_one_asks",
    ),
    "SD-25": "Only the engines of one session answer each other, a handful at most: they are one group.",
    "SD-26": ("test_mesh::test_sd_26_an_op_that_is_only_held_is_not_passed_on",),
    "SD-27": ("test_journal::test_sd_27_what_was_met_or_waived_before_a_restart_is_not_missing_afterwards",),
    "SD-28": (
        "test_frames::test_sd_28_what_does_not_fit_a_frame_is_refused_before_it_is_sent",
        "test_oplog::test_sd_28_what_breaks_a_bound_is_rejected_and_changes_nothing",
    ),
    "SD-29": ("test_repair::test_sd_29_a_filter_is_of_the_newest_ops_only_and_keeps_its_error_rate",),
    "SD-30": "A filter is of the newest ops by its nature; what an engine has is its clock: no history is too long.",
    "SD-31": (f"{KEEPER}::test_sd_31_the_end_waits_for_the_round_under_way_only_and_everything_is_on_disk",),
    "SD-32": (
        "test_journal::test_sd_32_the_four_calls_of_a_store",
        "test_journal::test_sd_32_a_round_that_fails_leaves_nothing",
        "test_journal::test_sd_32_a_session_without_a_journal_and_one_whose_disk_is_gone_edit_all_the_same",
    ),
    "SD-33": (
        "test_journal::test_sd_33_and_hk_24_a_minute_without_a_disk_fails_no_edit_and_is_made_up_for",
        "test_replica::test_sd_33_a_server_that_cannot_save_ends_no_editing_at_any_desk",
        "test_replica::test_sd_33_edits_wait_for_a_server_that_is_away_up_to_the_bound_whatever_is_decided",
    ),
    "HK-01": (
        "test_auth::test_hk_01_a_trusted_key_is_let_in_with_its_rights",
        "test_link::test_hk_01_no_state_before_authentication",
    ),
    "HK-02": (
        "test_auth::test_hk_02_an_unknown_key_is_refused",
        "test_auth::test_hk_02_an_answer_cannot_be_replayed",
        "test_auth::test_hk_02_a_signature_is_bound_to_role_and_installation",
        "test_auth::test_hk_02_a_signature_is_bound_to_the_server",
        "test_auth::test_hk_02_a_failed_answer_spends_the_challenge",
        "test_auth::test_hk_02_a_desk_may_not_act_for_a_server",
        "test_link::test_hk_02_a_live_frame_before_authentication_closes_without_a_word",
        "test_link::test_hk_02_a_wrong_answer_is_closed_with_a_reason_that_leaks_nothing",
    ),
    "HK-03": ("test_link::test_hk_03_a_silent_caller_is_closed_after_ten_seconds",),
    "HK-04": (
        "test_auth::test_hk_04_a_join_token_works_once_and_enrols_its_key",
        "test_auth::test_hk_04_a_token_without_a_key_enrols_nobody_and_is_not_spent",
    ),
    "HK-05": ("engine.test_process::test_hk_05_without_tokens_only_this_machine_is_served",),
    "HK-06": ("test_link::test_hk_06_only_what_the_other_lacks_travels",),
    "HK-07": ("test_link::test_hk_07_equal_clocks_exchange_an_empty_delta",),
    "HK-08": ("test_link::test_hk_08_an_author_that_the_other_side_does_not_know_is_sent_whole",),
    "HK-09": ("test_link::test_hk_09_a_peer_that_opens_with_bulk_is_answered_in_full_and_live",),
    "HK-10": ("test_link::test_hk_10_ops_made_during_bulk_are_sent_in_order_once",),
    "HK-11": (
        "test_link::test_hk_11_too_many_early_ops_restart_the_link_and_lose_nothing",
        "test_link::test_hk_11_no_ready_in_time_restarts_the_link",
    ),
    "HK-12": (
        "test_frames::test_hk_12_an_unknown_type_is_named_and_an_unknown_version_is_an_error",
        "test_link::test_hk_12_live_ops_are_versioned_binary_and_odd_ones_are_handled",
        "test_link::test_hk_12_a_server_that_did_not_take_the_offer_speaks_protocol_1",
        f"{ON_A_LOG}::test_a_server_of_protocol_1_is_worked_on_without_a_log",
        f"{ON_A_LOG}::test_a_server_that_comes_back_without_a_log_gets_what_waited_all_the_same",
    ),
    "HK-13": ("test_fanout::test_hk_13_a_hub_sends_no_payload_back_to_its_author",),
    "HK-14": (
        "test_two_authorities::test_hk_14_ops_of_two_engines_meet_by_author_and_count",
        "test_two_authorities::test_hk_14_three_engines_in_any_order_of_meetings_end_equal",
        "test_two_authorities::TestTwoAuthorities",
    ),
    "HK-15": (
        "test_fanout::test_hk_15_too_much_unsent_or_too_much_after_squashing_drops_the_peer",
        "test_stalled_peer::test_hk_15_a_peer_that_takes_nothing_for_too_long_is_dropped_and_comes_back_by_its_delta",
        "test_link::test_hk_06_only_what_the_other_lacks_travels",
    ),
    "HK-16": (
        "test_link::test_hk_16_a_dead_peer_is_noticed_and_a_slow_one_is_not",
        "test_link::test_hk_16_pings_pass_by_bulk_that_is_waiting",
    ),
    "HK-17": (
        "test_presence::test_hk_17_the_waits_double_to_thirty_seconds_and_get_louder",
        "test_presence::test_hk_17_only_a_stable_minute_starts_over_and_jitter_stays_small",
        "test_presence::test_hk_17_a_thousand_failures_do_not_overflow",
    ),
    "HK-18": (
        "test_link::test_hk_18_ten_thousand_ops_each_way_without_dead_lock",
        "test_link::test_hk_18_progress_is_shown_while_a_state_comes",
        "test_link::test_hk_18_bulk_is_cut_into_pieces_that_fit",
    ),
    "HK-19": ("test_oplog::test_hk_19_an_op_before_its_predecessor_is_held_and_the_clock_stays",),
    "HK-20": (
        "test_journal::test_hk_20_an_outbox_survives_and_its_rows_go_when_it_is_safe",
        "test_oplog::test_hk_20_a_restored_log_is_the_same_and_goes_on_counting",
    ),
    "HK-21": (
        "test_auth::test_hk_21_a_changed_op_no_longer_fits_its_signature",
        "test_auth::test_hk_21_where_signatures_are_needed_an_unsigned_op_is_rejected_and_flagged",
        "test_signed_ops::test_hk_21_live_and_waiting_edits_carry_the_signature_and_are_taken",
        "test_signed_ops::test_hk_21_what_is_not_signed_is_neither_numbered_nor_passed_on_and_the_peer_is_told",
        "test_signed_ops::test_hk_21_an_edit_that_was_changed_on_the_way_is_rejected_and_the_true_one_taken",
        "test_signed_ops::test_hk_21_an_engine_that_wants_signed_edits_takes_those_of_its_desks_and_no_others",
        "test_link::test_hk_21_an_edit_in_another_name_is_rejected_not_stored_not_passed_on",
    ),
    "HK-22": (
        "test_document::test_hk_22_equal_lamport_times_have_one_winner_everywhere",
        "test_document::test_hk_22_the_higher_author_wins_a_tie_in_both_orders",
        "test_two_authorities::test_hk_22_an_op_that_both_engines_numbered_ends_with_one_stamp",
    ),
    "HK-23": ("test_oplog::test_hk_23_below_the_floor_history_is_not_shared",),
    "HK-24": ("test_journal::test_sd_33_and_hk_24_a_minute_without_a_disk_fails_no_edit_and_is_made_up_for",),
    "HK-25": (
        "test_presence::test_hk_25_two_desks_grab_one_control_and_one_holds_it_until_it_is_silent",
        "test_presence::test_hk_25_the_loser_is_told_over_the_link_and_a_closed_link_lets_go",
        "test_presence::test_hk_25_a_control_never_has_two_holders",
    ),
    "RW-01": ("test_oplog::test_rw_01_a_guarded_write_without_foreign_change_is_admitted_with_its_version",),
    "RW-02": (
        "test_oplog::test_rw_02_a_foreign_change_of_the_same_place_refuses_and_names_everything",
        "test_replica::test_rw_02_a_refusal_becomes_a_conflict_with_mine_theirs_and_who",
    ),
    "RW-03": ("test_oplog::test_rw_03_a_foreign_change_of_another_place_does_not_matter",),
    "RW-04": ("test_oplog::test_rw_04_one_stale_place_of_twenty_refuses_all",),
    "RW-05": ("test_oplog::test_rw_05_a_live_write_overwrites_without_asking",),
    "RW-06": (
        "test_oplog::test_rw_06_a_write_of_what_is_there_changes_no_version",
        "test_replica::test_rw_06_nothing_changed_makes_no_op",
    ),
    "RW-07": (
        "test_replica::test_rw_07_changed_and_restored_here_is_no_conflict",
        f"{SESSION}::test_rw_07_what_was_changed_and_restored_under_one_hand_is_no_conflict",
    ),
    "RW-08": ("test_replica::test_rw_08_and_rw_16_taking_mine_after_a_refusal_sends_the_edit_again",),
    "RW-09": (
        "test_oplog::test_rw_09_own_writes_are_never_foreign_even_pipelined",
        "test_oplog::test_rw_09_an_own_write_does_not_hide_a_foreign_one_under_it",
        "test_replica::test_rw_09_pipelined_guarded_saves_before_the_first_answer",
    ),
    "RW-10": ("test_replica::test_rw_10_a_wrong_clock_changes_nothing",),
    "RW-11": ("test_replica::test_rw_11_a_write_that_lands_while_the_snapshot_is_on_its_way_refuses_the_save",),
    "RW-12": ("test_oplog::test_rw_12_a_decision_that_rests_on_a_changed_place_is_refused",),
    "RW-13": (
        "test_oplog::test_rw_13_a_deleted_node_is_gone_before_it_is_stale_and_not_resurrected",
        "test_oplog::test_rw_13_a_removed_list_item_is_gone_but_can_be_made_again",
    ),
    "RW-14": ("test_oplog::test_rw_14_deleting_a_node_is_refused_after_any_foreign_change_in_it",),
    "RW-15": ("test_oplog::test_rw_15_different_layers_are_both_kept_and_the_same_one_refuses_the_second",),
    "RW-16": (
        "test_replica::test_rw_08_and_rw_16_taking_mine_after_a_refusal_sends_the_edit_again",
        "test_replica::test_rw_16_a_refused_edit_stays_until_it_is_answered",
    ),
    "RW-17": "No program computes a value from what stands there and tries again: a stale edit waits for its operator.",
    "RW-18": "Nothing is tried again by itself (see RW-17): a refused edit is a conflict, and waits for its operator.",
    "RW-19": ("test_replica::test_rw_19_a_save_is_one_frame_there_and_one_back_for_any_number_of_params",),
    "RW-20": ("test_replica::test_rw_20_two_views_of_one_node_share_what_is_known",),
    "RW-21": (
        "gui.test_yaml_panel::test_rw_21_what_another_program_wrote_since_it_was_read_is_shown_before_it_is_written_over",
    ),
    "RW-22": (
        "test_journal::test_rw_22_an_epoch_that_only_the_rows_know_is_still_part_of_the_lineage",
        "test_oplog::test_rw_22_revs_of_an_epoch_that_was_lost_never_pass_a_guard",
        "test_oplog::test_rw_22_an_epoch_is_shared_only_up_to_where_the_next_began",
    ),
    "RW-23": (
        "test_presence::test_rw_23_the_offset_is_off_by_half_a_round_trip_at_most",
        "test_presence::test_rw_23_before_the_first_answer_and_with_a_jumping_clock_nothing_is_known",
    ),
    "RW-24": (
        f"{SESSION}::test_rw_24_undo_of_a_gesture_is_refused_whole_when_a_peer_has_changed_one_of_its_places",
        f"{SESSION}::test_rw_24_undo_takes_back_what_is_still_ours_when_the_peers_change_is_known_and_says_so",
        "test_replica::test_rw_24_offline_edits_are_guarded_and_sent_when_the_link_is_back",
    ),
}
