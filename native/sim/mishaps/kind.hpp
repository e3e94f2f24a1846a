// What may go wrong on purpose.
#pragma once

#include <cstdint>
#include <string_view>

namespace s3pipes::sim {

enum class Mishap : std::uint8_t {
    // Of a body on its way.
    reset,
    fin,
    stall,
    trickle,
    slow,
    flip,
    tls_later,
    // Of a head.
    hang,
    slow_head,
    wrong_length,
    wrong_range,
    no_range,
    wrong_total,
    wrong_etag,
    big_head,
    no_marks,
    // Another answer.
    status,
    error_200,
    html,
    redirect,
    skewed,
    expired_token,
    // Of an object, right before its answer.
    overwrite,
    remove,
    // Of a page of a listing.
    list_skip,
    list_repeat,
    list_reorder,
    list_broken_xml,
    // Of a connection.
    tls_handshake,
    black_hole,  // no rule has it: Server::refuse
};

std::string_view name_of(Mishap kind) noexcept;  // "wrong_etag"
// Throws std::invalid_argument where there is none of that name that a rule may have.
Mishap mishap_named(std::string_view name);

// Which part of an exchange it changes.
enum class Stage : std::uint8_t { connection, question, answer, way };
constexpr Stage stage_of(Mishap kind) noexcept {
    if (kind >= Mishap::tls_handshake) return Stage::connection;
    if (kind >= Mishap::list_skip) return Stage::answer;
    if (kind >= Mishap::status) return Stage::question;
    return kind == Mishap::flip || kind >= Mishap::wrong_length ? Stage::answer : Stage::way;
}

}  // namespace s3pipes::sim
