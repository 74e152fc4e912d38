/// The bodies of core/, after all of its declarations: they know each other, so no header can pull in its
/// own alone. Reached from the headers that hosts include: broker.hpp, shard.hpp, transport.hpp.
#pragma once

#include <fanfare/core/broker.hpp>
#include <fanfare/core/broker_core.hpp>
#include <fanfare/core/fanout/cohort.hpp>
#include <fanfare/core/shard.hpp>
#include <fanfare/core/subscription_core.hpp>

#include <fanfare/core/impl/event.ipp>
#include <fanfare/core/impl/format.ipp>
#include <fanfare/core/log/impl/event_record.ipp>
#include <fanfare/core/log/impl/topic_log.ipp>

#include <fanfare/core/fanout/impl/backlog.ipp>
#include <fanfare/core/fanout/impl/cohort.ipp>
#include <fanfare/core/fanout/impl/pump.ipp>
#include <fanfare/core/fanout/impl/replay.ipp>
#include <fanfare/core/fanout/impl/shard_core.ipp>
#include <fanfare/core/fanout/impl/span.ipp>
#include <fanfare/core/fanout/impl/thrown.ipp>
#include <fanfare/core/fanout/impl/wake.ipp>

#include <fanfare/core/impl/broker.ipp>
#include <fanfare/core/impl/broker_core.ipp>
#include <fanfare/core/impl/burst.ipp>
#include <fanfare/core/impl/shard.ipp>
#include <fanfare/core/impl/subscription.ipp>
#include <fanfare/core/impl/subscription_core.ipp>
#include <fanfare/core/impl/topic.ipp>
