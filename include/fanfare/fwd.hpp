/// Forward declarations, for headers of a host that only name fanfare's types.
#pragma once

namespace fanfare {

enum class Error;
enum class Condition;

// core
enum class Level;
class Backplane;
class Broker;
class Burst;
class Clock;
class Event;
class Format;
class ManualClock;
class Payload;
class Shard;
class Subscription;
class Topic;
struct BrokerOptions;
struct Command;
struct Json;
struct Limits;
struct Position;
struct PublishOptions;
struct Receipt;
struct SubscribeOptions;
struct TopicOptions;

// progress
class Job;
class Prompt;
class Task;

// transport
class Stream;
class Transport;
struct Admission;
struct Request;
struct Response;
struct Upload;

// client
class Client;
struct ClientOptions;

// server
class Server;
struct ConnectionInfo;
struct ServerOptions;

}  // namespace fanfare
