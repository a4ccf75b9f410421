# Mutants: mistakes that the simulator, or the test that is named, must notice. Each is one detector source with one to three passages changed, each
# found exactly once or the build fails, and linked before the library, so that it takes the place of the right one. No
# source knows of its mutants.
function(change variable passage instead name)
    string(FIND "${${variable}}" "${passage}" first)
    string(FIND "${${variable}}" "${passage}" last REVERSE)
    if(first EQUAL -1 OR NOT first EQUAL last)
        message(FATAL_ERROR "mutant ${name}: a passage is not found exactly once: ${passage}")
    endif()
    string(REPLACE "${passage}" "${instead}" changed "${${variable}}")
    set(${variable} "${changed}" PARENT_SCOPE)
endfunction()

# Sets `mutant` to the changed source. The second and third pair of passage and instead may be empty.
function(write_mutant name source passage instead passage_2 instead_2 passage_3 instead_3)
    file(READ ${PROJECT_SOURCE_DIR}/${source} text)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${source})
    change(text "${passage}" "${instead}" ${name})
    foreach(pair 2 3)
        if(NOT passage_${pair} STREQUAL "")
            change(text "${passage_${pair}}" "${instead_${pair}}" ${name})
        endif()
    endforeach()
    set(mutant ${CMAKE_CURRENT_BINARY_DIR}/mutants/${name}.c)
    file(CONFIGURE OUTPUT ${mutant} CONTENT "${text}" @ONLY)
    set(mutant ${mutant} PARENT_SCOPE)
endfunction()

function(add_mutant name source passage instead)
    write_mutant(${name} ${source} "${passage}" "${instead}" "${ARGV4}" "${ARGV5}" "${ARGV6}" "${ARGV7}")
    add_executable(mutant_${name} test_simulation.c ${simulator} ${mutant} ${SAQSHY_TSAN_SOURCES})
    target_link_libraries(mutant_${name} PRIVATE test_support)
    add_test(NAME mutant_${name} COMMAND mutant_${name} --mutant ${name})
    set_tests_properties(mutant_${name} PROPERTIES TIMEOUT 300 LABELS unit ENVIRONMENT "${sanitizer}")
endfunction()

# One that another test than the simulation fails by: caught when cmocka says at the end which tests failed. A crash, a
# set-up that fails and a program that is not there say nothing of that.
function(add_mutant_of test name source passage instead)
    write_mutant(${name} ${source} "${passage}" "${instead}" "${ARGV5}" "${ARGV6}" "${ARGV7}" "${ARGV8}")
    add_executable(mutant_${name} ${test}.c ${mutant} ${SAQSHY_TSAN_SOURCES})
    target_link_libraries(mutant_${name} PRIVATE test_support)
    target_link_options(mutant_${name} PRIVATE $<TARGET_PROPERTY:${test},LINK_OPTIONS>)
    add_test(NAME mutant_${name} COMMAND mutant_${name})
    set_tests_properties(mutant_${name} PROPERTIES TIMEOUT 300 LABELS unit ENVIRONMENT "${sanitizer}"
        PASS_REGULAR_EXPRESSION "\\[  FAILED  \\] [0-9]+ test\\(s\\), listed below:")
endfunction()

# Recovery.
add_mutant(unmuted_replay detector/recovery.c
    "publish_mute(s->publish, !s->pipeline->options.unmuted_replay)" "publish_mute(s->publish, false)")
add_mutant(no_reload_after_abort detector/transact.c
    "if (aborted != PORT_OK) status = aborted" "status = aborted")
add_mutant(offsets_outside_the_transaction detector/transact.c
    "const enum port_status status = port->ops->send_offsets(port, positions, count, error)"
    "enum port_status status = port->ops->commit(port, error);
    if (status == PORT_OK) status = port->ops->begin(port, error);
    if (status == PORT_OK) status = port->ops->send_offsets(port, positions, count, error)")
add_mutant(no_offset_guard detector/consume.c
    "s->buffer[repeated].offset < s->next_offset" "s->buffer[repeated].offset < 0"
    "assert(record->offset >= s->next_offset);" "")

add_mutant(rebuild_by_the_group detector/beginning.c
    "if (*due >= 0 && s->due_is_known) return true;" "*due = -1;")
add_mutant_of(test_epoch lost_offsets_stay_lost detector/recovery.c
    "consume_note_place(s->consume, i);" ""
    "if (lost == 0) return true;" "if (lost >= 0) return true;")
add_mutant_of(test_epoch outputs_uncounted detector/beginning.c
    "!publish_fits(s->publish, record->outputs, record->output_count, error)" "error == NULL")
add_mutant_of(test_epoch reload_rebuilds detector/beginning.c
    "if (p->rebuild_of == REBUILD_LAST) p->rebuild_of = REBUILD_FIRST;" "")

add_mutant(any_input_is_taken detector/input_tail.c
    "== end->digest ? INPUT_SAME : INPUT_OTHER" "== end->digest ? INPUT_SAME : INPUT_SAME")

add_mutant(fenced_comes_back detector/pipeline.c
    "        error->code = ERROR_FENCED;
        return SESSION_FAILED;" "        return SESSION_RELOAD;")

# Snapshots.
add_mutant(snapshot_ahead_of_commit detector/snapshot.c "if (!n->committed) return;" "")
add_mutant(name_before_sync detector/snapshot_writing.c
    "if (!snapshot_out_finish(w->out, error)) return false;"
    "if (!snapshots_publish(w->disk, w->shard, &w->name, w->tag, &w->past, error) ||
        !snapshot_out_finish(w->out, error))
        return false;"
    "if (!snapshots_publish(w->disk, w->shard, &w->name, w->tag, &w->past, error)) return false;" "")
add_mutant_of(test_snapshots snapshot_unchecked detector/snapshot_file.c "hash_of(head, in->stored.bytes) != head->hash"
    "hash_of(head, in->stored.bytes) == 0")

# Signals that are saved while they change.
add_mutant_of(test_signals_pieces changed_unsaved detector/signals.c
    "if (number == 0) return 0;
    signals_touch(t, number);" "if (number == 0) return 0;")
add_mutant_of(test_signals_pieces dropped_unsaved detector/signals.c
    "->forget_s / DAY_S;
    signals_touch(t, number);" "->forget_s / DAY_S;")
add_mutant_of(test_signals_pieces displaced_unsaved detector/signals_links.c
    "signals_touch(t, link_signal(t, weakest));" "")
add_mutant_of(test_signals_pieces newcomer_saved detector/signals.c "signals_save_skip(t, number);" "")
add_mutant_of(test_signals_pieces signals_of_no_day detector/signals_load.c
    "    ok = ok && seen.count == t->known.used;
" "")

add_mutant_of(test_signals citizens_take_all detector/signals.c "blocks->max / 2 : 0" "0 : 0")

# Advice that is saved while it changes.
add_mutant_of(test_issued forgotten_unsaved detector/issued.c "if (is_to_be_saved(issued, issued->first)) save_next(issued);"
    "if (is_to_be_saved(issued, issued->first)) issued->hand++;")
add_mutant_of(test_issued newcomer_id_saved detector/issued.c "issued->hand_end = issued->end" "issued->hand_end = issued->end + 1")
add_mutant_of(test_advice_pieces changed_episode_unsaved detector/episodes.c
    "    if (is_due(episodes, entry)) save_one(episodes, entry);
    return" "    if (false) save_one(episodes, entry);
    return")
add_mutant_of(test_advice_pieces cooling_episode_unsaved detector/episodes.c
    "    struct episode *episode = episodes_change(episodes, found);
    assert(episode->state == EPISODE_OPEN);"
    "    struct episode *episode = &entry_of(found)->episode;
    assert(episode->state == EPISODE_OPEN);")
add_mutant_of(test_advice_pieces unfounded_episode_unsaved detector/episodes.c
    "    struct episode *episode = episodes_change(episodes, found);
    struct episode_ground kept" "    struct episode *episode = &entry_of(found)->episode;
    struct episode_ground kept")
add_mutant_of(test_advice_pieces answered_episode_unsaved detector/episodes.c
    "    struct episode *episode = episodes_change(episodes, found);
    episodes_unanswer(episodes, episode);" "    struct episode *episode = &entry_of(found)->episode;
    episodes_unanswer(episodes, episode);")
add_mutant_of(test_advice_pieces unanswered_episode_unsaved detector/episodes.c
    "    struct episode *episode = episodes_change(episodes, found);
    grounds_remove" "    struct episode *episode = &entry_of(found)->episode;
    grounds_remove")
add_mutant_of(test_advice_pieces lapsed_episode_unsaved detector/episodes.c
    "    struct episode *episode = episodes_change(episodes, found);
    assert(episode->state == EPISODE_COOLING && episode->lapsed);" "    struct episode *episode = &entry_of(found)->episode;
    assert(episode->state == EPISODE_COOLING && episode->lapsed);")
add_mutant_of(test_advice_pieces newcomer_episode_saved detector/episodes.c
    "    entry->saved = episodes->savings;
    HASH_ADD" "    HASH_ADD")
add_mutant_of(test_advice_pieces changed_instruction_unsaved detector/instructions.c
    "    if (is_due(t, entry)) save_one(t, entry);
    return" "    if (false) save_one(t, entry);
    return")
add_mutant_of(test_advice_pieces newcomer_instruction_saved detector/instructions.c
    "    entry->order = order;
    entry->saved = t->savings;" "    entry->order = order;")
add_mutant_of(test_advice_pieces instructions_in_order_of_saving detector/instructions.c
    "DL_SORT(payee->first, compare_order);" "(void)compare_order;")

# Reported money.
add_mutant_of(test_taint_input mark_not_saved detector/taint_save.c
    "bool taint_load_end(struct taint *t, struct error *error) {"
    "static bool drop_a_mark(struct taint *t) {
    static const struct taint_parts none;
    for (uint32_t i = 1; i <= t->account_pool.top; i++) {
        const struct taint_mark *m = &t->mark[t->account[i].first];
        const struct taint_event event = {m->ordinal, m->second, m->counterparty, m->hop == TAINT_RETURNED};
        if (t->account[i].count > TAINT_PARTS_MAX) return taint_put(t, t->account[i].number, &event, &none);
    }
    return true;
}

bool taint_load_end(struct taint *t, struct error *error) {"
    "return whole && check(t, error);" "return whole && check(t, error) && drop_a_mark(t);")
add_mutant_of(test_taint_save marked_unsaved detector/taint_table.c
    "    taint_touch(t, link);
    taint_touch(t, &t->account[entry]);
    taint_touch(t, &t->mark[number]);
    t->mark" "    t->mark")
add_mutant_of(test_taint_save link_unsaved detector/taint_table.c
    "    taint_touch(t, link);
    taint_touch(t, &t->account[entry]);
    taint_touch(t, &t->mark[number]);
    taint_touch(t, &t->source[source]);"
    "    taint_touch(t, &t->account[entry]);
    taint_touch(t, &t->mark[number]);
    taint_touch(t, &t->source[source]);")
add_mutant_of(test_taint_save dropped_mark_unsaved detector/taint_table.c
    "    taint_touch(t, &t->mark[number]);
    taint_touch(t, &t->source[source]);" "    taint_touch(t, &t->source[source]);")
add_mutant_of(test_taint_save counted_source_unsaved detector/taint_table.c
    "        taint_touch(t, &t->source[parts->part[i].source]);
" "")
add_mutant_of(test_taint_save new_source_unsaved detector/taint_table.c
    "    if (source == 0) source = add_source(t, credit);
    taint_touch(t, &t->source[source]);" "    if (source == 0) source = add_source(t, credit);")
add_mutant_of(test_taint_save new_hold_unsaved detector/taint_table.c "    taint_touch(t, &t->holds[t->hold_count]);
" "")
add_mutant_of(test_taint_save hold_unsaved detector/taint_table.c "    taint_touch(t, &t->holds[hold]);
" "")
add_mutant_of(test_taint_save new_account_unsaved detector/taint_table.c
    "    taint_touch(t, &t->account[entry]);
    t->account[entry] = (struct" "    t->account[entry] = (struct")
add_mutant_of(test_taint_save bound_unsaved detector/accounts.c
    "    set_flags(a, account, ACCOUNT_BOUNDED, bounded_at(clock_s));"
    "    (void)a;
    account->flags = (uint8_t)((account->flags & ~ACCOUNT_BOUNDED) | bounded_at(clock_s));")
add_mutant_of(test_taint_input marks_not_loaded detector/taint_save.c
    "return whole && check(t, error);"
    "t->account_pool = (struct taint_pool){.max = t->account_pool.max};
    t->mark_pool = (struct taint_pool){.max = t->mark_pool.max};
    t->source_pool = (struct taint_pool){.max = t->source_pool.max};
    t->hold_count = 0;
    (void)check, (void)error;
    return whole;"
    "return tainted == t->account_pool.used;" "return tainted != UINT64_MAX;")

# Documents.
add_mutant(takes_on_behind_a_change detector/commit.c "if (awaits_change(s)) return true;" "")

# What is computed.
add_mutant(credit_before_debit detector/apply.c
    "const struct ring_event events[2], const struct outside outside[2]) {
    for (int role = SIDE_PAYER; role <= SIDE_PAYEE; role++) {
        const struct account *account = account_of(a, row, role);
        if (account == NULL) continue;
        const struct amounts_before"
    "const struct ring_event events[2], const struct outside outside[2]) {
    for (int role = SIDE_PAYEE; role >= SIDE_PAYER; role--) {
        const struct account *account = account_of(a, row, role);
        if (account == NULL) continue;
        const struct amounts_before")
add_mutant(window_off_by_one detector/features.c "[LANE_1H] = SECONDS_1H," "[LANE_1H] = SECONDS_1H + 1,")
add_mutant(one_reversal_frees detector/decide.c
    ".unreturned_s = unspent_of(row).unreturned_s" ".unreturned_s = INT64_MIN")
add_mutant(reversals_withdraw_nothing detector/decide.c
    "return reversal.opening ? &ending_reversed : &ending_money_reversed;" "return NULL;")
add_mutant(money_that_was_spent_went_back detector/account.c
    "lot->returned < amount_of(r->amount[slot])" "lot->returned < 0")
add_mutant(outcome_of_the_bank_unheard detector/outcome.c
    "[OUTCOME_FALSE_POSITIVE] = {OUTCOME_WITHDRAWS, &ending_false_positive}"
    "[OUTCOME_FALSE_POSITIVE] = {OUTCOME_STANDS, &ending_false_positive}")
add_mutant_of(test_decide_ends outcome_of_a_citizen_heard detector/outcome.c "!signal_is_citizens(s) && " "")
add_mutant_of(test_payer_side instructions_not_in_snapshots detector/instructions.c
    "pack_u32(head, t->heap.count);
    saving_begin(&t->saving, t->heap.count, sink);"
    "pack_u32(head, 0);
    saving_begin(&t->saving, 0, sink);"
    "t->hand = t->map;" "t->hand = NULL;")
add_mutant(settled_payment_stands detector/payer_side.c
    "if (status == TX_STATUS_SETTLED) return &ending_settled;" "")
add_mutant(attempt_behind_its_money detector/payer_side.c "if (batch->moved[event]) return false;" "")
add_mutant_of(test_payer_side declined_payee_stands detector/decide.c
    "payer_side_lift(d->payer_side, episode->id, &ending_payee_declined);" "(void)&ending_payee_declined;")
add_mutant_of(test_payer_side confirmed_payee_is_forgotten detector/decide.c
    "episode->confirmed = does == OUTCOME_CONFIRMS;" "episode->confirmed = false;")
add_mutant_of(test_decide growth_asks_for_the_score detector/decide.c
    "episode_amended_to(episode->action, row->wanted)" "row->wanted")
add_mutant_of(test_decide_bounds urgent_by_the_policy_alone detector/caps.c
    "episode_priority(of_policy, step)" "episode_priority(of_policy, 0 * step)")
add_mutant_of(test_issued ids_forgotten_early detector/issued.c
    "->until_s < clock_s" "->until_s <= clock_s")
add_mutant_of(test_signal_withdrawn grounds_not_in_snapshots detector/episodes.c
    "if (!u->bad) episodes_rest_on(episodes, episode, grounds, count);"
    "episodes_rest_on(episodes, episode, grounds, 0);")
add_mutant_of(test_signal_withdrawn parties_not_in_snapshots detector/episodes.c
    "pack_u64(p, episode->party.keys[i].low);" "pack_u64(p, 0);")
add_mutant_of(test_signal_withdrawn revision_carries_everybody detector/grounds.c
    "                return true;
    return false;" "                return true;
    return reach->count > 0;")
add_mutant_of(test_signal_withdrawn money_carries_who_was_named detector/grounds.c
    "if (by_money && reach->money)" "if ((by_money || true) && reach->money)")
add_mutant_of(test_signal_withdrawn money_carries_nobody detector/taint_report.c
    "sizeof *t->before, compare_ordinals) != NULL;" "sizeof *t->before, compare_ordinals) == NULL;")
add_mutant_of(test_signal_withdrawn citizens_revision_carries detector/signals_links.c
    "if (signal_is_citizens(s)) return 0;
    const uint32_t bound" "const uint32_t bound")
add_mutant_of(test_decide_ends withdrawn_answer_closes detector/decide.c
    "episode->lapsed = episode->state == EPISODE_COOLING;" "")
add_mutant_of(test_decide_ends another_answer_taken_for_it detector/decide.c
    "text_equal(s->recommendation_id, text_of(episode->id)) &&" "")
add_mutant_of(test_payer_side withdrawn_confirmation_stands detector/decide.c
    "if (episode->confirmed) unconfirm(d, episode, &ending_payee_withdrawn);" "")
add_mutant_of(test_payer_side answers_not_in_snapshots detector/episodes.c
    "if (result != OUTCOME_UNKNOWN) set_answer" "if (result > OUTCOME_COUNT) set_answer")
add_mutant_of(test_payer_side lapsed_not_in_snapshots detector/episodes.c
    "episode->lapsed = unpack_u8(u) != 0;" "(void)unpack_u8(u);"
    "pack_u8(p, episode->lapsed);" "pack_u8(p, 0);")
add_mutant_of(test_decide_ends revised_answer_stays detector/decide.c
    "return effect == EFFECT_REVISED ? s->signal_id : (struct text){NULL, 0};" "return (struct text){NULL, 0};")
add_mutant_of(test_decide_ends answer_of_one_that_ended detector/decide.c
    "if (effect == EFFECT_ADDED) episodes_forget_signal(d->episodes, s->signal_id);" "")
add_mutant_of(test_episodes second_number_unflagged detector/episodes.c
    "    DL_DELETE(first, entry);
    put_flagged(episodes, first);" "    DL_DELETE(first, entry);")
add_mutant(cool_down_ignored detector/decide.c
    "d->clock_s + cool_down_s" "d->clock_s + 0 * cool_down_s")

# Records that are bad.
add_mutant_of(test_poison deeper_record_is_taken schemas/plan.c
    "} stack[RECORD_DEPTH_MAX];" "} stack[RECORD_DEPTH_MAX + 1];"
    "if (r->depth == RECORD_DEPTH_MAX) return" "if (r->depth == RECORD_DEPTH_MAX + 1) return")
add_mutant_of(test_poison block_of_negative_size schemas/plan.c
    "!wire_long(&wire, &size) || size < 0" "!wire_long(&wire, &size)")
