"""Campaigns 营销活动: one message to one segment once, with a hold-out that gets nothing."""
