"""When somebody can come, and who: availability, offers, holds, appointments, technicians."""
