/// The answer to a request for the opening handshake, as text to send. Neither reads nor writes sockets.
#pragma once

#include <fanfare/wire/http_request_head.hpp>
#include <fanfare/wire/permessage_deflate.hpp>

#include <optional>
#include <string>

struct HandshakeAnswer {
  std::string response = {};
  bool accepted = false;  // else the connection ends with the response
  std::optional<fanfare::wire::DeflateParameters> deflate = {};
};

/// Takes whatever asks for WebSocket, from any page and on any path, with the compression it asks for. Others
/// are told what this is.
HandshakeAnswer answer_handshake(const fanfare::wire::HttpRequestHead& head);

/// The answer to what is no HTTP request, or one over the limits.
std::string refuse_request(const fanfare::wire::HttpRefusal& refusal);
